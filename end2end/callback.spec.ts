import { answered, failures, partlyGranted, told, tryAgain } from './support/failures'
import { BETHANY, MALLORY, alive, begin, connect, greeting, pressConnect } from './support/person'
import { expect, test } from './support/test'

for (const failure of failures) {
  test(`rf_22 when ${failure.name}, the page says so, and trying again works`, async ({
    page,
    app,
    sandbox,
    watch,
    hydrated,
    anotherBrowser,
    anotherApp,
  }) => {
    watch.expected(told(failure))
    await failure.reach({ page, app, sandbox, anotherBrowser, anotherApp })

    await expect(page).toHaveURL(/\/callback(\?|$)/)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(failure.title)
    await expect(page.locator('main article')).toHaveAttribute('data-code', failure.code)
    await expect(page.getByRole('alert')).toBeVisible()
    await expect(page.getByRole('heading', { level: 2, name: 'What you can do' })).toBeVisible()
    await alive(page, hydrated)
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)

    if (failure.code === 'misconfigured' || failure.code === 'wrong-region') {
      // Only its operator can mend this one; the way on leads to PagerDuty all the same.
      await pressConnect(page)
    } else {
      await tryAgain(page, sandbox)
      await expect(greeting(page)).toHaveText('Hello, Bethany Developer!')
    }
  })
}

test('sr_03 the answer to somebody else’s sign-in does not sign this browser in', async ({ page, sandbox, watch, anotherBrowser }) => {
  const attacker = await anotherBrowser()
  const callback = await sandbox.callbackFor(await begin(attacker), MALLORY)

  watch.expected(/^status: 400 GET \/callback$/, /^status: 401 GET \/welcome$/)
  await page.goto(callback)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This sign-in was not started here')
  await page.goto('/welcome')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are not connected')
  expect(await sandbox.tokens()).toEqual([])

  // Nor has it been used up: whose it is can go on.
  await attacker.goto(callback)
  await expect(greeting(attacker)).toBeVisible()
})

test('sr_03 the answer to somebody else’s sign-in does not change who is signed in', async ({ page, sandbox, watch, anotherBrowser }) => {
  await connect(page)
  const attacker = await anotherBrowser()
  const callback = await sandbox.callbackFor(await begin(attacker), MALLORY)

  watch.expected(/^status: 400 GET \/callback$/)
  await page.goto(callback)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This sign-in was not started here')
  await page.goto('/welcome')
  await expect(greeting(page)).toHaveText('Hello, Bethany Developer!')
})

test('rf_19 the same answer again leads a connected person to the greeting', async ({ page, sandbox }) => {
  const callback = await sandbox.callbackFor(await begin(page), BETHANY)
  await page.goto(callback)
  await expect(greeting(page)).toBeVisible()
  const answer = await page.goto(callback)
  await expect(greeting(page)).toBeVisible()
  expect(new URL(page.url()).pathname).toBe('/welcome')
  expect(answer?.status()).toBe(200)
  expect((await sandbox.requests()).filter(request => request.path.endsWith('/oauth/token'))).toHaveLength(1)
})

test('rf_19 reloading a page that says why it failed still says what to do', async ({ page, watch, hydrated }) => {
  watch.expected(/^status: 403 GET \/callback$/, /^status: 400 GET \/callback$/)
  await begin(page)
  await page.getByLabel('Email').fill(BETHANY)
  await page.getByRole('button', { name: 'Sign In', exact: true }).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You did not give consent')
  await alive(page, hydrated)
  await page.reload()
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Connect again' })).toBeVisible()
})

test('sr_52 a page that says why it failed takes code and state out of the address', async ({ page, sandbox, watch, hydrated }) => {
  watch.expected(/^status: 400 GET \/callback$/)
  const referrers: string[] = []
  page.on('request', request => referrers.push(request.headers()['referer'] ?? ''))
  await sandbox.switches({ iss_on_callback: { literal: 'https://identity.example' } })
  const callback = await sandbox.callbackFor(await begin(page), BETHANY)
  await page.goto(callback)
  await alive(page, hydrated)
  await page.getByRole('link', { name: /^Connect for PagerDuty/ }).click()
  await expect(page.getByRole('button', { name: 'Connect to PagerDuty' })).toBeVisible()
  for (const referrer of referrers) expect(referrer).not.toContain('code=')

  // Only a script can change the address of a page that is already there.
  if (!hydrated) return
  await page.goBack()
  await expect(page).toHaveURL(/\/callback$/)
  const client = await page.context().newCDPSession(page)
  const { entries } = await client.send('Page.getNavigationHistory')
  for (const entry of entries.filter(entry => entry.url.includes('/callback'))) expect(entry.url).not.toContain('?')
})

test('what PagerDuty left out is told on the welcome page, with a way to mend it', async ({ page, app, sandbox, anotherBrowser, anotherApp }) => {
  await partlyGranted({ page, app, sandbox, anotherBrowser, anotherApp })
  const notice = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Asked for, but not granted' }) })
  await expect(notice).toBeVisible()
  await expect(notice.getByRole('listitem')).toHaveCount(2)
  await expect(notice).toContainText('teams.read')
  await expect(notice).toContainText('incidents.write')
  await expect(notice).toContainText('Scoped OAuth')

  await sandbox.switches({ granted_scope: null })
  await pressConnect(page)
  await page.getByLabel('Email').fill(BETHANY)
  await page.getByRole('button', { name: 'Sign In', exact: true }).click()
  await page.getByRole('button', { name: 'Submit Consent' }).click()
  await expect(greeting(page)).toBeVisible()
  await expect(notice).toBeHidden()
})

test('an address that leads nowhere says so, and has a way on', async ({ page, watch, hydrated }) => {
  watch.expected(/^status: 404 GET \/no\/such\/page$/)
  const answer = await page.goto('/no/such/page')
  expect(answer?.status()).toBe(404)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page')
  await expect(page).toHaveTitle('Page not found · Connect for PagerDuty')
  await alive(page, hydrated)
  await page.getByRole('link', { name: 'Go to the first page' }).click()
  await expect(page.getByRole('button', { name: 'Connect to PagerDuty' })).toBeVisible()
})

for (const path of ['/welcome', '/how']) {
  test(`${path} without a connection offers to make one`, async ({ page, watch, hydrated }) => {
    watch.expected(new RegExp(`^status: 401 GET ${path}$`))
    const answer = await page.goto(path)
    expect(answer?.status()).toBe(401)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are not connected')
    await alive(page, hydrated)
    await pressConnect(page)
  })
}

const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "'-alert(1)-'",
  '</title><script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '<!--<script>',
  'javascript:alert(1)',
  '{{7*7}}${7*7}#{7*7}',
  '<a href="javascript:alert(1)">here</a>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
]

test('sr_10 what an error says is shown as it is, and runs nowhere', async ({ page, watch, hydrated, app, sandbox, anotherBrowser, anotherApp }) => {
  watch.expected(/^status: 403 GET \/callback$/)
  const stage = { page, app, sandbox, anotherBrowser, anotherApp }
  // The pages without JavaScript are the same ones: a sample does.
  for (const text of hydrated ? hostile : hostile.slice(0, 4)) {
    await answered(stage, { error: text, error_description: text })
    await alive(page, hydrated)
    await expect(page.locator('blockquote')).toHaveText(text, { useInnerText: true })
    await expect(page.locator('main').locator('script, img, iframe, a')).toHaveCount(0)
  }
  await answered(stage, { error: 'access_denied', error_description: 'x'.repeat(900) })
  await expect(page.locator('blockquote')).toHaveText('x'.repeat(200))
})

test('sr_10 an error that belongs to no sign-in of this browser is not repeated', async ({ page, watch }) => {
  watch.expected(/^status: 400 GET \/callback$/)
  await page.goto('/callback?error=access_denied&error_description=Call+555+0100&state=made-up')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This sign-in was not started here')
  await expect(page.locator('body')).not.toContainText('555')
})

const places = [
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/%09/evil.example',
  '/%0a/evil.example',
  '/%2f/evil.example',
  '/%2Fevil.example',
  '/%5cevil.example',
  '/%255cevil.example',
  '/%252f%252fevil.example',
  '/./evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/welcome/..//evil.example',
  '/@evil.example',
  '@evil.example',
  'evil.example',
  'https://evil.example',
  'https:evil.example',
  'https:/evil.example',
  'http:\\\\evil.example',
  'javascript:alert(1)',
  ' javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '/;@evil.example',
  '/#@evil.example',
  '/?x=\\\\evil.example',
  '//localhost@evil.example',
  '//0x7f000001/',
  '//[::ffff:127.0.0.1]/',
  '//evil。example',
  '/\u00a0/evil.example',
  '/\u000b/evil.example',
]

test('sr_60 a place to come back to never leads away', async ({ page, app, sandbox, watch, hydrated }) => {
  // Some forty places, each with a visit and a sign-in.
  test.slow()
  watch.expected(/^status: 401 GET \/welcome$/)
  // Paths of this app that name no page may be among them.
  watch.tolerated(/^status: 404 GET /)
  await sandbox.switches({ consent_as: BETHANY })
  // The server decides, whoever asks: each place once, most from plain pages, some from pages that are alive.
  for (const place of places.filter((_, at) => (at % 4 === 0) === hydrated)) {
    await page.context().clearCookies()
    await page.goto('/welcome')
    await page.locator('input[name=return_to]').evaluate((field: HTMLInputElement, place) => (field.value = place), place)
    await page.getByRole('button', { name: 'Connect to PagerDuty' }).click()
    await expect(page.getByRole('button', { name: 'Connect to PagerDuty' })).toBeHidden()
    expect(new URL(page.url()).origin, place).toBe(app.origin)
  }
})

test('sr_60 a place of this app is come back to', async ({ page, sandbox, watch }) => {
  watch.expected(/^status: 401 GET \/how$/)
  await sandbox.switches({ consent_as: BETHANY })
  await page.goto('/how')
  await page.getByRole('button', { name: 'Connect to PagerDuty' }).click()
  await expect(page).toHaveURL(/\/how$/)
})
