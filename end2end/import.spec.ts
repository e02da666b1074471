import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { PEOPLE, SPREADSHEET, UNREADABLE, crowd, importer, load, planned, press, row, slowly } from './support/import'
import { BETHANY, alive, connect, consent, goThrough, signIn } from './support/person'
import type { Sandbox } from './support/sandbox'
import { expect, test } from './support/test'
import { due, pressCheck } from './support/upkeep'

const heading = (page: Page) => page.getByRole('heading', { level: 1 })
const note = (page: Page) => page.locator('.said')
const count = (page: Page, label: string) => page.locator('.counts a').filter({ hasText: label }).locator('strong')

async function sent(sandbox: Sandbox, method: string): Promise<string[]> {
  const all = await sandbox.requests()
  return all.filter(it => it.method === method && it.path.startsWith('/users') && (it.status ?? 500) < 300).map(it => it.path)
}

test('a file is planned, looked at, applied, reported and undone', async ({ page, hydrated, anotherApp, sandbox }) => {
  const app = await importer(page, anotherApp)
  await load(page, PEOPLE, { origin: app.origin })
  await planned(page, hydrated)
  for (const [label, rows] of [['All', 6], ['Create', 2], ['Update', 1], ['Unchanged', 1], ['Conflict', 2], ['Left out', 0]] as const) {
    await expect(count(page, label)).toHaveText(String(rows))
  }
  await expect(row(page, 'Ada Example')).toContainText('Create')
  await expect(row(page, 'Marcus Okafor').locator('del')).toHaveText('Engineering Manager')
  await expect(row(page, 'Marcus Okafor').locator('ins')).toHaveText('Director of Paging')
  await expect(row(page, 'Priya Raman')).toContainText('Unchanged')
  await expect(row(page, 'Bo Twice')).toContainText('The same e-mail address stands in line 6.')
  await expect(page.getByText('PagerDuty sends an e-mail to 2 new users')).toBeVisible()
  expect(await sent(sandbox, 'POST')).toEqual([])

  await row(page, 'Cleo Example').getByRole('checkbox').check()
  await press(page, 'Leave out')
  await expect(note(page)).toHaveText('1 row was left out.')
  await expect(row(page, 'Cleo Example').locator('.state')).toHaveText('Left out')
  await expect(page.getByText('PagerDuty sends an e-mail to 1 new user')).toBeVisible()
  await page.getByRole('link', { name: /Left out/ }).click()
  await expect(page).toHaveURL(/show=excluded/)
  await expect(page.locator('.rows tbody tr')).toHaveCount(1)

  await press(page, 'Apply 2 rows')
  await expect(heading(page)).toHaveText('Done')
  await expect(page.locator('.plan .lead')).toHaveText('2 rows were done: 1 made, 1 changed.')
  await expect(row(page, 'Ada Example').locator('.state')).toHaveText('made')
  await expect(row(page, 'Ada Example').getByRole('link')).toHaveAttribute('href', /^https:\/\/acme\.pagerduty\.com\/users\//)
  await expect(row(page, 'Cleo Example').locator('.state')).toHaveText('left out')
  expect(await sent(sandbox, 'POST')).toHaveLength(1)
  expect(await sent(sandbox, 'PUT')).toHaveLength(1)
  const report = page.url()

  await press(page, 'Undo…')
  await planned(page, hydrated)
  await expect(page.getByText('Changes to users that were there before are not taken back.')).toBeVisible()
  await expect(row(page, 'Ada Example')).toContainText('Remove')
  await expect(page.getByRole('link', { name: 'the run to undo' })).toHaveAttribute('href', new URL(report).pathname)
  await press(page, 'Remove 1 user')
  await expect(heading(page)).toHaveText('Undone')
  await expect(row(page, 'Ada Example').locator('.state')).toHaveText('removed')
  expect(await sent(sandbox, 'DELETE')).toHaveLength(1)

  await page.goto(`${app.origin}/import`)
  await expect(page.locator('.rows tbody tr')).toHaveCount(2)
  await expect(row(page, 'Undo')).toContainText('1 user: 1 removed')
})

test('services are loaded as users are', async ({ page, hydrated, anotherApp, sandbox }) => {
  const app = await importer(page, anotherApp)
  const file = 'name,description,escalation_policy,auto_resolve_timeout\nReturns,Sends it back,Checkout,4h\nCart,Remembers what was wanted,,\nSearch,Finds the blue one,,\n'
  await load(page, file, { name: 'services.csv', kind: 'services', origin: app.origin })
  await planned(page, hydrated)
  await expect(row(page, 'Returns')).toContainText('14400')
  await press(page, 'Apply 2 rows')
  await expect(heading(page)).toHaveText('Done')
  const made = (await sandbox.requests()).filter(it => it.method === 'POST' && it.path === '/services')
  expect(made.map(it => it.status)).toEqual([201])
})

test('what is missing to apply a plan is asked for on the plan', async ({ page, hydrated }) => {
  await connect(page)
  await load(page, PEOPLE)
  await planned(page, hydrated)
  await expect(page.getByRole('button', { name: 'Apply 3 rows' })).toBeDisabled()
  await expect(page.locator('.scopes')).toContainText('users.write not granted yet')
  const plan = page.url()
  await press(page, 'Allow it at PagerDuty')
  await signIn(page, BETHANY)
  await consent(page)
  await expect(page).toHaveURL(plan)
  await expect(page.getByRole('button', { name: 'Apply 3 rows' })).toBeEnabled()
  await press(page, 'Discard')
  await expect(note(page)).toHaveText('The plan was discarded. Nothing was sent to PagerDuty.')
})

test('what is missing to look the account up is asked for before the plan', async ({ page, hydrated, anotherApp }) => {
  const app = await anotherApp({ PD_SCOPES: 'openid users.read' })
  await connect(page, BETHANY, app.origin)
  await load(page, 'name,email,teams\nAda,ada@acme.example,Mobile\n', { origin: app.origin })
  await expect(page.locator('.trouble')).toContainText('Read teams and who belongs to them')
  await press(page, 'Allow it at PagerDuty')
  await signIn(page, BETHANY)
  await consent(page)
  await planned(page, hydrated)
  await expect(row(page, 'Ada')).toContainText('Mobile')
})

test.describe('a file that cannot be used', () => {
  test('is told line by line, and can be loaded again', async ({ page }) => {
    await connect(page)
    await load(page, UNREADABLE)
    await expect(heading(page)).toHaveText('This file cannot be read')
    await expect(page.locator('.mistakes li').first()).toContainText('Did you mean “email”?')
    await expect(page.locator('#file-users')).toBeVisible()
  })

  test('may be a spreadsheet by another name', async ({ page }) => {
    await connect(page)
    await load(page, SPREADSHEET)
    await expect(heading(page)).toHaveText('This file cannot be read')
    await expect(page.locator('.mistakes')).toContainText(/spreadsheet|Excel/i)
  })

  test('may be none, or too large', async ({ page, hydrated }) => {
    await connect(page)
    await load(page, 'x'.repeat((5 << 20) + 100_000))
    await expect(note(page)).toContainText('The file is larger than 5 MiB')
    await expect(page).toHaveURL(/\/import\?note=too-large$/)
    // The browser itself asks for one; another may not.
    if (!hydrated) return
    await page.locator('#file-users').evaluate(it => it.removeAttribute('required'))
    await press(page, 'Plan these users')
    await expect(note(page)).toContainText('No file was chosen.')
  })
})

test('somebody else’s import is none', async ({ page, anotherBrowser, watch }) => {
  await connect(page)
  await load(page, PEOPLE)
  await planned(page, false)
  const other = await anotherBrowser()
  await connect(other, 'marcus@acme.example')
  watch.expected(/^status: 404 GET \/import\/[\w-]+$/)
  await other.goto(page.url())
  await expect(heading(other)).toHaveText('There is no such page')
  for (const part of ['report.csv', 'events']) {
    expect((await other.request.get(`${page.url()}/${part}`)).status(), part).toBe(404)
  }
})

test('it is watched, stopped, gone on with and ended, from two tabs', async ({ page, context, hydrated, anotherApp, sandbox }) => {
  test.slow()
  const app = await importer(page, anotherApp)
  await slowly(page, sandbox, app, 600, hydrated)
  const other = await context.newPage()
  await other.goto(page.url())
  await alive(other, hydrated)
  await page.evaluate(() => (window.sameDocument = true))
  // Without JavaScript the page loads itself again.
  for (const tab of [page, other]) await expect.poll(async () => Number(await tab.locator('#live-done').textContent()), { timeout: 15_000 }).toBeGreaterThan(2)
  await expect(page.locator('#live-rows li').first()).toContainText('Person')
  if (hydrated) expect(await page.evaluate(() => window.sameDocument)).toBe(true)

  await press(page, 'Pause')
  await expect(heading(page)).toHaveText('Paused')
  if (!hydrated) await other.reload()
  await expect(heading(other)).toHaveText('Paused')
  await press(other, 'Resume')
  await expect(heading(other)).toHaveText('Under way')
  if (!hydrated) await page.reload()
  await expect(heading(page)).toHaveText('Under way')

  // One at a time.
  await load(other, crowd(3, 'second'), { origin: app.origin })
  await planned(other, hydrated)
  await press(other, /^Apply/)
  await expect(note(other)).toContainText('Another import of yours is under way')
  await expect(other.getByRole('link', { name: 'Go to the one under way' })).toHaveAttribute('href', new URL(page.url()).pathname)

  await page.getByRole('link', { name: 'Cancel…' }).click()
  await press(page, 'Cancel the import')
  await expect(heading(page)).toHaveText('Cancelled')
  await expect(page.locator('.plan .lead')).toContainText('not sent, since it was cancelled')
  // Now it may.
  await press(other, /^Apply/)
  await expect(heading(other)).toHaveText('Done', { timeout: 20_000 })
})

test('rows that fail are told with a reason and a remedy, and tried again', async ({ page, hydrated, anotherApp, sandbox }) => {
  const app = await importer(page, anotherApp)
  await load(page, PEOPLE, { origin: app.origin })
  await planned(page, hydrated)
  await sandbox.fault({ method: 'POST', path: '/users', status: 400, body: '{"error":{"message":"Invalid Input Provided","code":2001,"errors":["Name is on a list of names"]}}' })
  await press(page, 'Apply 3 rows')
  await expect(heading(page)).toHaveText('Done in part')
  const failed = page.locator('.row-failed').first()
  await expect(failed).toContainText('PagerDuty does not take it: Name is on a list of names.')
  await expect(failed).toContainText('Correct the row, and load it again.')

  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download report' }).click()
  const file = await download
  expect(file.suggestedFilename()).toBe('people-report.csv')
  const text = readFileSync(await file.path(), 'utf8')
  expect(text.charCodeAt(0)).toBe(0xfeff)
  expect(text.split('\r\n')[0]).toBe('\ufeffname,email,role,job_title,import_line,import_outcome,import_id,import_link,import_reason,import_remedy')
  expect(text).toMatch(/^Ada Example,ada@acme.example,.*,2,failed,,,PagerDuty does not take it/m)

  await press(page, 'Try the failed rows again')
  await planned(page, hydrated)
  await expect(count(page, 'Create')).toHaveText('1')
  await press(page, 'Apply 1 row')
  await expect(heading(page)).toHaveText('Done')
})

test('where the account has no licence left it waits for one', async ({ page, hydrated, anotherApp, sandbox }) => {
  const app = await importer(page, anotherApp)
  await load(page, crowd(4), { origin: app.origin })
  await planned(page, hydrated)
  await sandbox.switches({ free_licenses: 2 })
  await press(page, 'Apply 4 rows')
  await expect(heading(page)).toHaveText('Waiting for you')
  await expect(page.locator('.trouble')).toContainText('The account has no licence left')
  await expect(page.locator('#live-done')).toHaveText('2')
  await sandbox.switches({ free_licenses: 10 })
  await press(page, 'Resume')
  await expect(heading(page)).toHaveText('Done')
})

test('a session that ended meanwhile loses no file', async ({ page, hydrated, app, sandbox, anotherBrowser, anotherApp, watch }) => {
  await due({ page, app, sandbox, anotherBrowser, anotherApp })
  await page.goto('/import')
  await alive(page, hydrated)
  await page.locator('#file-users').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(PEOPLE) })
  // Withdrawn at PagerDuty; the app notices in another tab.
  await sandbox.revoke(BETHANY)
  const other = await page.context().newPage()
  watch.tolerated(/^status: 401 GET \//)
  await other.goto('/connection')
  await pressCheck({ page: other })
  await expect(heading(other)).toHaveText('Your connection was ended at PagerDuty')

  await press(page, 'Plan these users')
  await expect(page).toHaveURL(/\/import\/[\w-]+$/)
  await expect(heading(page)).toHaveText('Your connection was ended at PagerDuty')
  const place = page.url()
  await goThrough(page, BETHANY)
  await expect(page).toHaveURL(place)
  await planned(page, hydrated)
  await expect(count(page, 'All')).toHaveText('6')
  expect(app.log).not.toContain('ada@acme.example')
})

test('what is there is exported, and loads again as unchanged', async ({ page, hydrated, anotherApp, watch }) => {
  // To a browser a file to keep is a page that did not come.
  watch.tolerated(/^failed: GET \/import\/export\/services net::ERR_ABORTED$/)
  const app = await importer(page, anotherApp)
  await page.goto(`${app.origin}/import`)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export what is there now of services' }).click()
  const text = readFileSync(await (await download).path())
  await load(page, text, { name: 'services.csv', kind: 'services', origin: app.origin })
  await planned(page, hydrated)
  await expect(count(page, 'All')).not.toHaveText('0')
  await expect(page.getByRole('button', { name: 'Apply 0 rows' })).toBeDisabled()
})

test('an export asks for what it lacks', async ({ page, anotherApp, watch }) => {
  // The icon of the last page may be asked for when the app is gone.
  watch.tolerated(/^(failed: GET \/favicon\.svg|console error: Failed to load resource:).*ERR_CONNECTION_REFUSED$/)
  const app = await anotherApp({ PD_SCOPES: 'openid users.read' })
  await connect(page, BETHANY, app.origin)
  await page.goto(`${app.origin}/import`)
  await page.getByRole('link', { name: 'Export what is there now of users' }).click()
  await expect(page.locator('.trouble')).toContainText('teams.read')
  await press(page, 'Allow it at PagerDuty')
  await signIn(page, BETHANY)
  await consent(page)
  await expect(note(page)).toContainText('You may export users now.')
})

test('who signs out in one tab hears nothing more in the other', async ({ page, context, hydrated, anotherApp, sandbox, watch }) => {
  test.skip(!hydrated, 'Without JavaScript nothing is heard.')
  const app = await importer(page, anotherApp)
  await slowly(page, sandbox, app, 300)
  const other = await context.newPage()
  await other.goto(`${app.origin}/connection`)
  await press(other, 'Sign out here')
  watch.tolerated(/^status: 401 GET /)
  await expect(heading(page)).toHaveText('You are not connected', { timeout: 5_000 })
})

test('what goes on is told shortly, to four tabs of a browser', async ({ page, hydrated, anotherApp, sandbox }) => {
  const app = await importer(page, anotherApp)
  await slowly(page, sandbox, app, 150, hydrated)
  const cookie = (await page.context().cookies(app.origin)).map(({ name, value }) => `${name}=${value}`).join('; ')
  const listen = (more = {}) => fetch(`${page.url()}/events?at=running&after=0`, { headers: { cookie, ...more } })
  expect((await listen({ cookie: '' })).status).toBe(401)
  const streams: Response[] = []
  for (let tab = hydrated ? 1 : 0; tab < 5; tab++) streams.push(await listen())
  expect(streams.map(it => it.status)).toEqual(hydrated ? [200, 200, 200, 429] : [200, 200, 200, 200, 429])
  const [first] = streams
  expect(first?.headers.get('content-type')).toMatch(/^text\/event-stream/)
  expect(first?.headers.get('x-accel-buffering')).toBe('no')
  // To its end, which is when there is a report.
  const [told = ''] = await Promise.all(streams.map(it => it.text()))
  expect(told).toMatch(/^retry: 2000\n\nid:\d+\ndata:done=\d+ all=150 created=\d+/)
  expect(told).toMatch(/event:turn\ndata:done\n\n$/)
  if (hydrated) await expect(heading(page)).toHaveText('Done')
  const rows = told.match(/^data:\d+\tcreated\tPerson \d+$/gm)?.length ?? 0
  expect(rows).toBeGreaterThan(140)
  const bytes = Buffer.byteLength(told) / rows
  test.info().annotations.push({ type: 'bytes a row', description: bytes.toFixed(1) })
  expect(bytes).toBeLessThanOrEqual(40)
})
