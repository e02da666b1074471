import type { Locator, Page } from '@playwright/test'
import { BETHANY, alive, connect, consent, greeting, signIn } from './support/person'
import type { Sandbox } from './support/sandbox'
import { expect, test } from './support/test'

const GRACE = 'grace@acme.example'
const EVERYTHING = 'openid users.read services.read teams.read incidents.read incidents.write oncalls.read'

const heading = (page: Page) => page.getByRole('heading', { level: 1 })
const rows = (page: Page) => page.locator('.rows tbody tr')
const row = (page: Page, text: string) => rows(page).filter({ hasText: text })
const trouble = (page: Page) => page.locator('.trouble')
const note = (page: Page) => page.locator('.said')

/** Calls of the API so far. Pictures are none, nor is what the app still does about the tokens of an earlier test. */
async function calls(sandbox: Sandbox): Promise<string[]> {
  const all = await sandbox.requests()
  return all.filter(one => !/^\/(avatars|oauth)\//.test(one.path)).map(one => `${one.method} ${one.path}`)
}

async function open(page: Page, name: string, hydrated: boolean): Promise<void> {
  await alive(page, hydrated)
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()
  await expect(heading(page)).toHaveText(name)
}

/** At PagerDuty, from the button of the app back to where it stood. */
async function allow(page: Page, email = BETHANY): Promise<void> {
  await page.getByRole('button', { name: 'Allow it at PagerDuty' }).click()
  await signIn(page, email)
  await consent(page)
}

async function tick(rows: Locator[]): Promise<void> {
  for (const one of rows) await one.getByRole('checkbox').check()
}

test.describe('services', () => {
  test('are searched by name and by team, in the address', async ({ page, hydrated }) => {
    await connect(page)
    await open(page, 'Services', hydrated)
    await page.evaluate(() => (window.sameDocument = true))
    await expect(page.locator('.lead')).toHaveText('16 services')

    await page.getByLabel('Name').fill('web')
    await page.getByRole('button', { name: 'Search' }).click()
    await expect(page).toHaveURL(/\/services\?q=web/)
    await expect(page.locator('.lead')).toHaveText('1 service fits')
    await expect(rows(page)).toHaveCount(1)
    await expect(row(page, 'Checkout Web')).toContainText('Acknowledged')
    await expect(page.getByRole('link', { name: 'Checkout Web' })).toHaveAttribute('href', /^https:\/\/acme\.pagerduty\.com\//)
    await expect(page.getByLabel('Name')).toHaveValue('web')

    await page.getByLabel('Name').fill('')
    await page.getByLabel('Team').selectOption('Mobile')
    await page.getByRole('button', { name: 'Search' }).click()
    await expect(page).toHaveURL(/team=PTEAM03/)
    await expect(page.locator('.lead')).toHaveText('2 services fit')
    await page.goBack()
    await expect(row(page, 'Checkout Web')).toBeVisible()
    expect(await page.evaluate(() => window.sameDocument === true)).toBe(hydrated)
  })

  test('that do not fit leave a page that says so', async ({ page }) => {
    await connect(page)
    for (const query of ['zzzz', '%00', '<script>alert(1)</script>', "' OR 1=1 --", '🙂'.repeat(50)]) {
      await page.goto(`/services?q=${encodeURIComponent(query)}`)
      await expect(page.locator('.empty h2')).toHaveText('No service fits')
    }
    await page.getByRole('link', { name: 'Show all' }).click()
    await expect(rows(page)).toHaveCount(16)
  })

  test('on absurd pages are told from an error', async ({ page, watch }) => {
    watch.expected(/^status: 400 GET \/services$/)
    await connect(page)
    await page.goto('/services?page=99999999999')
    await expect(trouble(page)).toHaveAttribute('data-code', 'beyond-reach')
    await page.goto('/services?page=-1&team=../..')
    await expect(rows(page)).toHaveCount(16)
  })

  test('are found among twelve thousand', async ({ page, hydrated, large }) => {
    await connect(page, BETHANY, large.origin)
    await open(page, 'Services', hydrated)
    await expect(page.locator('.lead')).toHaveText('12,000 services')
    await expect(page.locator('.pager p')).toHaveText('Page 1 of 400')
    await expect(page.getByText('PagerDuty lists the first 10,000 of 12,000.')).toBeVisible()
    await page.getByRole('link', { name: 'Next' }).click()
    await expect(page.locator('.pager p')).toHaveText('Page 2 of 400')
    await page.goto(`${large.origin}/services?page=400`)
    await expect(rows(page)).toHaveCount(25)
    await expect(page.getByRole('link', { name: 'Next' })).toHaveCount(0)
    await page.getByLabel('Name').fill('Checkout Web')
    await page.getByRole('button', { name: 'Search' }).click()
    await expect(page.getByRole('link', { name: 'Checkout Web', exact: true })).toBeVisible()
  })
})

test.describe('incidents', () => {
  test('are filtered by status, urgency and person, in the address', async ({ page, hydrated }) => {
    await connect(page)
    await open(page, 'Incidents', hydrated)
    await expect(page.locator('.lead')).toHaveText('11 incidents fit')
    await page.getByRole('link', { name: 'Acknowledged' }).click()
    await expect(page).toHaveURL(/state=acknowledged/)
    await expect(page.locator('.lead')).toHaveText('5 incidents fit')
    await page.getByLabel('Urgency').selectOption('Low')
    await page.getByRole('button', { name: 'Show' }).click()
    await expect(page).toHaveURL(/state=acknowledged.*urgency=low|urgency=low.*state=acknowledged/)
    await expect(row(page, 'Broker mq-4')).toBeVisible()
    await expect(row(page, 'Checkout conversion')).toHaveCount(0)
    await page.goto('/incidents?mine=yes')
    await expect(page.getByLabel('Only mine')).toBeChecked()
    await expect(rows(page)).not.toHaveCount(0)
    await expect(rows(page).filter({ hasNotText: 'Bethany Developer' })).toHaveCount(0)
  })

  test('can be changed only with a permission, which is asked for where it is needed', async ({ page }) => {
    await connect(page)
    await page.goto('/incidents?state=triggered')
    await expect(page.getByRole('checkbox', { name: /^Choose/ })).toHaveCount(0)
    await allow(page)
    await expect(page).toHaveURL(/\/incidents\?state=triggered$/)
    await expect(page.getByRole('button', { name: 'Acknowledge' })).toBeVisible()
    // What was granted before still is.
    await page.goto('/connection')
    for (const scope of EVERYTHING.split(' ')) await expect(page.locator('.permissions')).toContainText(scope)
  })

  test('of three that are acknowledged, one is over by then, and each is told the truth', async ({ page, hydrated, anotherApp, anotherBrowser }) => {
    const app = await anotherApp({ PD_SCOPES: EVERYTHING })
    await connect(page, BETHANY, app.origin)
    await page.goto(`${app.origin}/incidents?state=triggered`)
    await alive(page, hydrated)
    const three = ['Pods of payments-api', 'Payments API: p99', 'TLS handshakes'].map(title => row(page, title))
    await tick(three)

    const other = await anotherBrowser()
    await connect(other, 'marcus@acme.example', app.origin)
    await other.goto(`${app.origin}/incidents`)
    await alive(other, hydrated)
    await tick([row(other, 'Payments API: p99')])
    await other.getByRole('button', { name: 'Resolve' }).click()
    await expect(note(other)).toHaveText('1 incident was resolved.')

    await page.getByRole('button', { name: 'Acknowledge' }).click()
    await expect(note(page)).toContainText('2 incidents were acknowledged. One was not')
    await expect(note(page)).toContainText('It was resolved by then, so it was left as it is.')
    await page.goto(`${app.origin}/incidents?state=all`)
    await expect(row(page, 'Pods of payments-api')).toContainText('Acknowledged')
    await expect(row(page, 'TLS handshakes')).toContainText('Acknowledged')
    await expect(row(page, 'Payments API: p99')).toContainText('Resolved')
  })

  test('that are being changed show it at once, and afterwards what is so', async ({ page, hydrated, anotherApp, sandbox }) => {
    test.skip(!hydrated, 'Without JavaScript the browser shows that it waits.')
    const app = await anotherApp({ PD_SCOPES: EVERYTHING })
    await connect(page, BETHANY, app.origin)
    await page.goto(`${app.origin}/incidents`)
    await alive(page)
    await page.evaluate(() => (window.sameDocument = true))
    await sandbox.fault({ method: 'PUT', path: '/incidents', status: 403, delay_ms: 1500, times: 9, body: '{"error":{"message":"Access Denied","code":2010}}' })
    const one = row(page, 'Pods of payments-api')
    await tick([one])
    await page.getByRole('button', { name: 'Acknowledge' }).click()
    const shown = () => one.locator('.state').evaluate(it => getComputedStyle(it, '::after').content)
    await expect.poll(shown).toBe('"Acknowledged …"')
    await expect(note(page)).toContainText('0 incidents were acknowledged. One was not')
    await expect(one).toContainText('Triggered')
    await expect(one).toContainText('Your role in PagerDuty does not let you change it.')
    expect(await shown()).toBe('none')
    expect(await page.evaluate(() => window.sameDocument)).toBe(true)
  })

  test('rf_25 that were being changed when the network went are said to be unknown, and can be tried again', async ({ page, hydrated, anotherApp, watch }) => {
    test.skip(!hydrated, 'Without JavaScript the browser says so itself.')
    watch.tolerated(/^failed: (POST \/api\/|GET \/(favicon|avatar)).*ERR_INTERNET_DISCONNECTED/, /^console error: .*ERR_INTERNET_DISCONNECTED/)
    const app = await anotherApp({ PD_SCOPES: EVERYTHING })
    await connect(page, BETHANY, app.origin)
    await page.goto(`${app.origin}/incidents`)
    await alive(page)
    const one = row(page, 'Pods of payments-api')
    await tick([one])
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'Acknowledge' }).click()
    await expect(page.getByText('What became of them is not known')).toBeVisible()
    await expect(one).toContainText('Triggered')
    await page.getByRole('link', { name: 'Resolved' }).click()
    await expect(heading(page)).toHaveText('No answer from this app')
    await page.context().setOffline(false)
    await page.goBack()
    await expect(heading(page)).toHaveText('Incidents')
    await tick([row(page, 'Pods of payments-api')])
    await page.getByRole('button', { name: 'Acknowledge' }).click()
    await expect(note(page)).toHaveText('1 incident was acknowledged.')
  })

  test('of which none was chosen are not changed', async ({ page, hydrated, anotherApp }) => {
    const app = await anotherApp({ PD_SCOPES: EVERYTHING })
    await connect(page, BETHANY, app.origin)
    await page.goto(`${app.origin}/incidents`)
    await alive(page, hydrated)
    // Twice: the second answer is the same page to the letter.
    for (const _ of [1, 2]) {
      await page.getByRole('button', { name: 'Resolve' }).click()
      await expect(note(page)).toContainText('No incident was chosen.')
    }
    await expect(page.locator('.lead')).toHaveText('11 incidents fit')
    await expect(page.locator('[data-sending]')).toHaveCount(0)
    await tick([row(page, 'Pods of payments-api')])
    await page.getByRole('button', { name: 'Resolve' }).click()
    await expect(note(page)).toHaveText('1 incident was resolved.')
    if (hydrated) await expect(page.getByRole('status')).toHaveText('1 incident was resolved.')
  })

  test('are not for everybody to change', async ({ page, hydrated, anotherApp }) => {
    const app = await anotherApp({ PD_SCOPES: EVERYTHING })
    await connect(page, GRACE, app.origin)
    await page.goto(`${app.origin}/incidents`)
    await alive(page, hydrated)
    await tick([rows(page).first()])
    await page.getByRole('button', { name: 'Acknowledge' }).click()
    await expect(note(page)).toContainText('Your role in PagerDuty does not let you change it.')
  })
})

test.describe('on call', () => {
  test('tells who is, and draws the next days', async ({ page, hydrated }) => {
    await connect(page)
    await open(page, 'On call', hydrated)
    const checkout = page.locator('.rota').filter({ has: page.getByRole('heading', { name: 'Checkout' }) })
    await expect(checkout.locator('.now li')).toHaveCount(3)
    await expect(checkout.locator('.now li').last()).toContainText('Bethany Developer')
    const drawing = checkout.locator('.timeline-drawing')
    await expect(drawing).toHaveAccessibleName(/^Shifts of Checkout over the next 3 days: \d+ on 3 levels/)
    await expect(drawing.locator('rect')).not.toHaveCount(0)
    await expect(drawing.locator('text', { hasText: 'Level 3' })).toBeVisible()
    await checkout.locator('summary').click()
    await expect(checkout.getByRole('table').getByRole('row', { name: /Bethany Developer always always/ })).toBeVisible()

    await page.getByRole('link', { name: 'Two weeks' }).click()
    await expect(page).toHaveURL(/days=14/)
    await expect(drawing).toHaveAccessibleName(/next 14 days/)
    await checkout.getByRole('link', { name: 'Only this policy' }).click()
    await expect(page.locator('.rota')).toHaveCount(1)
    await page.getByRole('link', { name: 'Only me' }).click()
    await expect(page).toHaveURL(/mine=yes/)
    const bars = page.locator('.shift title')
    await expect(bars.filter({ hasNotText: 'Bethany Developer' })).toHaveCount(0)
    await expect(bars).not.toHaveCount(0)
  })
})

test.describe('the explorer', () => {
  test('runs what a scope was missing for, after asking for it, on the same filled form', async ({ page, hydrated, anotherApp, watch }) => {
    watch.expected(/^status: 403 GET \/explorer$/)
    const app = await anotherApp({ PD_SCOPES: 'openid users.read' })
    await connect(page, BETHANY, app.origin)
    await open(page, 'Explorer', hydrated)
    await page.getByLabel('Operation, path or scope').fill('list teams')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: 'GET /teams', exact: true }).click()
    await expect(page.locator('.detail')).toContainText('teams.read')
    await expect(page.locator('.detail')).toContainText('not granted')
    await page.getByLabel('limit').fill('2')
    await page.getByLabel('query').fill('mobile')
    await page.getByRole('button', { name: 'Run it' }).click()
    await expect(trouble(page)).toHaveAttribute('data-code', 'not-allowed')
    await expect(trouble(page)).toContainText('Read teams and who belongs to them')
    // Told to one who reads the document, too.
    await page.reload()
    await alive(page, hydrated)

    await allow(page)
    await expect(page.getByRole('heading', { name: '200 OK' })).toBeVisible()
    await expect(page.getByLabel('limit')).toHaveValue('2')
    await expect(page.getByLabel('query')).toHaveValue('mobile')
    await expect(page.getByLabel('JSON')).toContainText('"summary": "Mobile"')
    await expect(page.locator('.answer-head')).toContainText('calls left')
    await expect(page.locator('.detail .tape')).toContainText("/teams?limit=2&query=mobile'")
  })

  test('tells an app that is not set up from a person who was not asked', async ({ page, anotherApp, sandbox, watch }) => {
    watch.expected(/^status: 403 GET \/explorer$/)
    const app = await anotherApp({ PD_SCOPES: 'openid users.read' })
    await sandbox.switches({ configured_scopes: ['users.read'] })
    await connect(page, BETHANY, app.origin)
    await page.goto(`${app.origin}/explorer?op=GET+%2Fabilities&run=1`)
    await expect(trouble(page)).toHaveAttribute('data-code', 'not-allowed')
    await allow(page)
    await expect(trouble(page)).toHaveAttribute('data-code', 'not-configured')
    await expect(trouble(page)).toContainText('Integrations → App Registration → this app → Scoped OAuth')
  })

  test('tells which scopes a choice of operations needs', async ({ page, hydrated }) => {
    await connect(page)
    await page.goto('/explorer?q=POST+%2Fincidents')
    await alive(page, hydrated)
    await page.getByRole('link', { name: 'Pick POST /incidents', exact: true }).click()
    await expect(page.locator('.basket .tape')).toHaveText('PD_SCOPES="incidents.write openid users.read"')
    await page.getByLabel('Operation, path or scope').fill('oncalls')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: 'Pick GET /oncalls', exact: true }).click()
    await expect(page.locator('.basket .tape')).toHaveText('PD_SCOPES="incidents.write oncalls.read openid users.read"')
    await page.getByRole('link', { name: 'Remove POST /incidents', exact: true }).click()
    await expect(page.locator('.basket .tape')).toHaveText('PD_SCOPES="oncalls.read openid users.read"')
  })

  test('pages, and sends nothing that could lead elsewhere', async ({ page, hydrated, watch, sandbox }) => {
    watch.tolerated(/^status: 400 GET \/explorer$/)
    await connect(page)
    await page.goto('/explorer?op=GET+%2Fusers&v.limit=2&run=1')
    await alive(page, hydrated)
    await expect(page.getByLabel('JSON')).toContainText('Bethany Developer')
    await page.getByRole('link', { name: 'Next' }).click()
    await expect(page).toHaveURL(/v\.offset=2/)
    await expect(page.getByLabel('JSON')).toContainText('"offset": 2')
    await expect(page.getByLabel('JSON')).not.toContainText('Bethany Developer')

    const asked = await calls(sandbox)
    for (const id of ['..', '../teams', 'P1%2F..', 'a b', 'P1?x=1', 'P1.json']) {
      await page.goto(`/explorer?op=GET+%2Fusers%2F%7Bid%7D&run=1&p.id=${encodeURIComponent(id)}`)
      await expect(trouble(page)).toContainText('cannot stand in a path')
    }
    expect(await calls(sandbox)).toEqual(asked)
  })

  test('does not change anything', async ({ page }) => {
    await connect(page)
    await page.goto('/explorer?op=DELETE+%2Fusers%2F%7Bid%7D&run=1&p.id=PTOMA04')
    await expect(page.locator('.detail')).toContainText('It changes something, so it is not run here.')
    await expect(page.locator('.detail .tape')).toContainText('curl -X DELETE')
    await expect(page.getByRole('button', { name: 'Run it' })).toHaveCount(0)
  })
})

test('every trouble of PagerDuty is told, with a way on', async ({ page, sandbox, watch }) => {
  watch.tolerated(/^status: (402|403|404|429|502) GET \/(services|incidents)$/)
  await connect(page)
  const told: [Record<string, unknown>, string][] = [
    [{ status: 402, body: '{"error":{"message":"Account does not have the ability","code":2014}}' }, 'plan'],
    [{ status: 403, body: '{"error":{"message":"Access Denied","code":2010}}' }, 'no-permission'],
    [{ status: 404, body: '{"error":{"message":"Not Found","code":2100}}' }, 'not-there'],
    [{ status: 403, body: '{"error":{"message":"Token missing required scopes","required_scopes":"services.read"}}' }, 'token-narrower'],
    [{ status: 500 }, 'no-answer'],
    [{ status: 200, body: '<html>' }, 'no-answer'],
    [{ status: 429, headers: { 'ratelimit-reset': '30' } }, 'slow-down'],
  ]
  for (const [fault, code] of told) {
    await sandbox.clearFaults()
    await sandbox.fault({ path: '/services', times: 9, ...fault })
    await page.goto('/services')
    await expect(trouble(page)).toHaveAttribute('data-code', code)
    await expect(page.getByLabel('Name')).toBeVisible()
  }
  await expect(page.getByRole('link', { name: /^Try again in \d+ s$/ })).toBeVisible()
  // Nothing goes out during the pause.
  const asked = await calls(sandbox)
  await page.goto('/incidents')
  await expect(trouble(page)).toHaveAttribute('data-code', 'slow-down')
  expect(await calls(sandbox)).toEqual(asked)
})

test('a token is shown when its person asks for it, and where the operator lets them', async ({ page, app, anotherApp, watch }) => {
  // The page with the token runs no script, not even the tests' own.
  watch.tolerated(/Blocked script execution in '.*\/token'/)
  await connect(page)
  await page.goto('/connection')
  await page.locator('summary', { hasText: 'Show the access token' }).click()
  await page.getByRole('button', { name: 'Show it now' }).click()
  await expect(page).toHaveURL(/\/token$/)
  await expect(page.locator('body')).toHaveText(/^\S{20,}$/)
  await expect.poll(() => app.events('token.revealed')).toHaveLength(1)

  const strict = await anotherApp({ REVEAL_TOKENS: 'off' })
  await connect(page, BETHANY, strict.origin)
  await page.goto(`${strict.origin}/connection`)
  await expect(heading(page)).toHaveText('Your connection')
  await expect(page.locator('summary', { hasText: 'Show the access token' })).toHaveCount(0)
  await expect(greeting(page)).toHaveCount(0)
})
