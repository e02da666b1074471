import { BETHANY, alive, begin, connect, consent, disconnect, greeting, pressConnect, signIn } from './support/person'
import { expect, test } from './support/test'

test('rf_20 two tabs connect at once, and both end well', async ({ page, context, sandbox }) => {
  const other = await context.newPage()
  await begin(page)
  await begin(other)
  await signIn(other, BETHANY)
  await signIn(page, BETHANY)
  await consent(page)
  await expect(greeting(page)).toBeVisible()
  await consent(other)
  await expect(greeting(other)).toBeVisible()
  await page.reload()
  await expect(greeting(page)).toBeVisible()
  expect((await sandbox.tokens()).filter(token => token.kind === 'access')).toHaveLength(2)
})

test('rf_20 who disconnects in one tab is disconnected in the other at its next step', async ({ page, context, watch, hydrated }) => {
  await connect(page)
  const other = await context.newPage()
  await other.goto('/welcome')
  await alive(other, hydrated)
  await disconnect(page)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are disconnected')

  watch.tolerated(/^status: 401 GET \/how$/)
  await other.getByRole('link', { name: 'See how this worked' }).click()
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('You are not connected')
  await expect(other.locator('body')).not.toContainText('Bethany')
  await pressConnect(other)
  await signIn(other, BETHANY)
  await consent(other)
  // Back where they wanted to go.
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('How this worked')
})

test('rf_20 pressing Disconnect in a tab that does not know it is over is no error', async ({ page, context, sandbox }) => {
  await connect(page)
  const other = await context.newPage()
  await other.goto('/welcome')
  await disconnect(page)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are disconnected')
  await disconnect(other)
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Connect to PagerDuty, and see how it’s done.')
  expect((await sandbox.tokens()).map(token => token.revoked)).toEqual([true, true])
})

test('rf_20 pressing Connect twice starts one sign-in that works', async ({ page, sandbox, watch }) => {
  // The second press breaks the first one off.
  watch.tolerated(/^failed: POST \/api\/begin_connect net::ERR_ABORTED$/)
  await page.goto('/')
  await page.getByRole('button', { name: 'Connect to PagerDuty' }).dblclick()
  await signIn(page, BETHANY)
  await consent(page)
  await expect(greeting(page)).toBeVisible()
  expect((await sandbox.tokens()).filter(token => token.kind === 'access')).toHaveLength(1)
})

test('sr_27 disconnecting in one browser ends the sessions of all others', async ({ page, watch, anotherBrowser }) => {
  const other = await anotherBrowser()
  await connect(page)
  await connect(other)
  await disconnect(page)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are disconnected')
  watch.expected(/^status: 401 GET \/welcome$/)
  await other.reload()
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('You are not connected')
})
