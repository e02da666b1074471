import { chromium, type Page, type Response } from '@playwright/test'
import {
  BETHANY,
  ELIF,
  alive,
  begin,
  connect,
  consent,
  disconnect,
  expectPicture,
  greeting,
  openAll,
  signIn,
} from './support/person'
import type { Recorded } from './support/sandbox'
import { expect, test } from './support/test'

const people = [
  { email: BETHANY, name: 'Bethany Developer', role: 'Global Admin', account: 'acme.pagerduty.com', region: 'United States' },
  { email: ELIF, name: 'Elif Yılmaz', role: 'Global Admin', account: 'acme-eu.pagerduty.com', region: 'Europe' },
]

for (const person of people) {
  test(`${person.name} (${person.region}) connects, stays connected, and leaves`, async ({ page, app, sandbox, hydrated }) => {
    const answers: Promise<string>[] = []
    page.on('response', response => {
      if (isText(response, app.origin)) answers.push(response.text().catch(() => ''))
    })

    await test.step('connect, sign in, consent', async () => {
      await page.goto('/')
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Connect to PagerDuty, and see how it’s done.')
      await expect(page.getByText('users.read')).toBeVisible()
      await expect(page.getByText('No real account is touched.')).toBeVisible()
      await page.getByRole('button', { name: 'Connect to PagerDuty' }).click()
      await signIn(page, person.email)
      await consent(page)
    })

    await test.step('be greeted by name, with a picture', () => expectGreeted(page, person))

    await test.step('a reload keeps it', async () => {
      await page.reload()
      await expectGreeted(page, person)
    })

    await test.step('a restart of the server keeps it', async () => {
      await app.restart()
      await page.reload()
      await expectGreeted(page, person)
      await page.goto('/')
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(`You are connected as ${person.name}`)
      await page.getByRole('link', { name: 'Continue' }).click()
      await expectGreeted(page, person)
    })

    await test.step('see how it worked, without a secret', async () => {
      await page.getByRole('link', { name: 'See how this worked' }).click()
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('How this worked')
      await expect(page.locator('.step h2')).toHaveText([
        'This app sent your browser to PagerDuty',
        'PagerDuty sent your browser back',
        'This server redeemed the code',
        'This server checked who signed in',
        'This server asked PagerDuty who you are',
      ])
      await openAll(page)
      const told = await page.getByRole('main').innerText()
      for (const part of ['code_challenge', 'client_secret', 'access_token', '/oauth/token', '/users/me', person.name]) {
        expect(told).toContain(part)
      }
    })

    await test.step('disconnect ends it, and PagerDuty has revoked both tokens', async () => {
      await alive(page, hydrated)
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Welcome' }).click()
      await disconnect(page)
      await expect(page).toHaveURL(/\/disconnected$/)
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are disconnected')
      const tokens = await sandbox.tokens()
      expect(tokens.map(token => [token.kind, token.user, token.revoked]).sort()).toEqual([
        ['access', person.email, true],
        ['refresh', person.email, true],
      ])
    })

    await test.step('nothing secret was shown or logged', async () => {
      const secrets = secretsOf(await sandbox.requests(), sandbox.credentials.client_secret)
      const shown = (await Promise.all(answers)).join('\n')
      expect(shown).toContain('How this worked')
      for (const [what, secret] of secrets) {
        expect(shown.includes(secret), `${what} was sent to the browser`).toBe(false)
        expect(app.log.includes(secret), `${what} was logged`).toBe(false)
      }
    })
  })
}

test('sr_21 the first document after signing in is already the greeting', async ({ page }) => {
  const documents: Response[] = []
  page.on('response', response => {
    if (response.request().isNavigationRequest()) documents.push(response)
  })
  await connect(page)
  const last = documents.at(-1)
  expect(last?.status()).toBe(200)
  expect(new URL(last?.url() ?? '').pathname).toBe('/welcome')
  expect(await last?.text()).toContain('Bethany Developer')
})

test('sr_20 one cookie stays, and no script can read it', async ({ page, context }) => {
  await connect(page)
  const cookies = (await context.cookies()).filter(cookie => cookie.domain === 'localhost')
  expect(cookies.map(({ name, path, secure, httpOnly, sameSite }) => ({ name, path, secure, httpOnly, sameSite }))).toEqual([
    { name: '__Host-pdc_s', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' },
  ])
  expect(await page.evaluate(() => document.cookie)).toBe('')
})

test('sr_52 neither code nor state stays in the address, the history or what the page loaded', async ({ page, sandbox }) => {
  const state = new URL(await begin(page)).searchParams.get('state') ?? ''
  await signIn(page, BETHANY)
  await consent(page)
  await expect(greeting(page)).toBeVisible()

  const [exchange] = (await sandbox.requests()).filter(request => request.path.endsWith('/oauth/token'))
  const code = new URLSearchParams(exchange?.body).get('code') ?? ''
  expect(state.length).toBeGreaterThan(20)
  expect(code.length).toBeGreaterThan(10)

  const left = await page.evaluate(() => [location.href, document.referrer, ...performance.getEntries().map(e => e.name)])
  const visited = await addressesVisited(page)
  for (const address of [...left, ...visited.filter(address => address.startsWith('http://localhost'))]) {
    expect(address).not.toContain(code)
    expect(address).not.toContain(state)
    expect(address).not.toContain('/callback')
  }
})

test('sr_25 going back after disconnecting shows nothing private', async ({ page, watch, hydrated }) => {
  await connect(page)
  await alive(page, hydrated)
  await page.getByRole('link', { name: 'See how this worked' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('How this worked')
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Welcome' }).click()
  await disconnect(page)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are disconnected')

  watch.tolerated(/^status: 401 GET \/(welcome|how)$/)
  await page.goBack()
  await expect(page).toHaveURL(/\/welcome$/)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are not connected')
  await expect(page.locator('body')).not.toContainText('Bethany')
  await alive(page, hydrated)
  await page.goBack()
  await expect(page).toHaveURL(/\/how$/)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are not connected')
  await expect(page.locator('body')).not.toContainText('Bethany')
})

test('sr_25 going back shows nothing private where the browser keeps whole pages', async ({ launchOptions, hydrated, baseURL, watch }) => {
  // Playwright turns this cache off by itself; people's browsers have it.
  const browser = await chromium.launch({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] })
  try {
    const page = await browser.newPage({ baseURL, javaScriptEnabled: hydrated })
    await connect(page, BETHANY, baseURL)
    await disconnect(page)
    await expect(page).toHaveURL(/\/disconnected$/)
    await page.goBack({ waitUntil: 'commit' })
    await expect(page).toHaveURL(/\/welcome$/)
    await expect(page.locator('body')).not.toContainText('Bethany')
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are not connected')
  } finally {
    await browser.close()
  }
  expect(watch.surprises()).toEqual([])
})

test('sr_57 nothing is kept in the browser but the cookie', async ({ page, hydrated }) => {
  await connect(page)
  await alive(page, hydrated)
  const kept = await page.evaluate(async () => ({
    local: localStorage.length,
    session: sessionStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }))
  expect(kept).toEqual({ local: 0, session: 0, databases: 0, caches: 0, workers: 0 })
})

test('rf_22 when PagerDuty cannot be told of the disconnect, the page says what to do', async ({ page, sandbox }) => {
  await connect(page)
  await sandbox.fault({ method: 'POST', path: '/oauth/revoke', status: 503, times: 100 })
  await disconnect(page)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Disconnected here, but PagerDuty did not answer')
  await expect(page.getByRole('main')).toContainText('Revoke All Tokens')
  expect((await sandbox.tokens()).map(token => token.revoked)).toEqual([false, false])
})

async function expectGreeted(page: Page, person: (typeof people)[number]): Promise<void> {
  await expect(page).toHaveURL(/\/welcome$/)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${person.name}!`)
  await expectPicture(page.locator('main img.avatar'))
  await expect(page.getByRole('banner').getByText(person.name)).toBeVisible()
  const main = page.getByRole('main')
  for (const fact of [person.email, person.role, person.account, person.region]) await expect(main).toContainText(fact)
}

function isText(response: Response, origin: string): boolean {
  const type = response.headers()['content-type'] ?? ''
  return response.url().startsWith(origin) && response.status() < 300 && /html|json|javascript/.test(type)
}

/** What only the two servers may know, as it went over the wire between them. */
function secretsOf(requests: Recorded[], clientSecret: string): [string, string][] {
  const secrets: [string, string][] = [['the client secret', clientSecret]]
  for (const { path, body, headers } of requests) {
    const form = new URLSearchParams(body)
    for (const name of ['code', 'code_verifier', 'token']) {
      const value = form.get(name)
      if (value) secrets.push([`${name} of ${path}`, value])
    }
    for (const [name, value] of headers) {
      if (name === 'authorization') secrets.push([`the token of ${path}`, value.replace(/^Bearer /, '')])
    }
  }
  // Code, verifier, both tokens at their end, and the access token in use.
  expect(secrets.length).toBeGreaterThanOrEqual(6)
  return secrets
}

async function addressesVisited(page: Page): Promise<string[]> {
  const client = await page.context().newCDPSession(page)
  const { entries } = await client.send('Page.getNavigationHistory')
  return entries.map(entry => entry.url)
}
