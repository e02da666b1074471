import { MALLORY, alive, connect, openAll } from './support/person'
import { expect, test } from './support/test'

const NAME = 'Robert <b>Mallory</b> <img src=x onerror=alert(1)> "\'`${7*7}'
const JOB = "<script>alert('title')</script>"

test('sr_48 a name that is markup is shown as it is, everywhere', async ({ page, hydrated }) => {
  await connect(page, MALLORY)
  const expectShown = async () => {
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${NAME}!`)
    await expect(page.getByRole('main')).toContainText(JOB)
    await expect(page.locator('.badge-name')).toHaveText(NAME)
    await expect(page.locator('h1 *')).toHaveCount(0)
    await expect(page.locator('main script, main [onerror], main [onload]')).toHaveCount(0)
  }

  // As the server wrote it, and as the browser took it over.
  await alive(page, hydrated)
  await expectShown()
  await page.reload()
  await alive(page, hydrated)
  await expectShown()

  // As the browser writes it itself.
  await page.getByRole('link', { name: 'See how this worked' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('How this worked')
  await openAll(page)
  await expect(page.locator('.parameter').filter({ hasText: 'user.name' }).locator('.parameter-value code')).toHaveText(NAME)
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Welcome' }).click()
  await expectShown()

  await page.goto('/')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`You are connected as ${NAME}`)
})

test('sr_47 control: a script that got into a page is stopped and reported', async ({ page, app, watch, hydrated }) => {
  test.skip(!hydrated, 'Without JavaScript no script runs, and there is nothing to stop.')
  watch.expected(/^console error: .*Content Security Policy/, /^csp\.report: script-src(-elem)? inline$/)
  await page.route(`${app.origin}/`, async route => {
    const answer = await route.fetch()
    const body = (await answer.text()).replace('</body>', '<script>document.title = "taken"</script></body>')
    await route.fulfill({ response: answer, body })
  })
  await page.goto('/')
  await alive(page)
  await expect(page).toHaveTitle('Connect for PagerDuty')
})
