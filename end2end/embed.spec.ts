import { spawn } from 'node:child_process'
import { expect, test } from '@playwright/test'
import { consent, signIn } from './support/person'

// `server/connect/examples/embed.rs`: an application with users of its own, and a sandbox. It has one port.
const path = process.env.PDCONNECT_EMBED ?? ''
const ORIGIN = 'http://localhost:3000'

test('an application with users of its own connects them', async ({ page, browser, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled !== false, 'its pages have no scripts, and it has one port')
  await expect(fetch(ORIGIN), 'something else listens there').rejects.toThrow()
  const host = spawn(path, { stdio: ['ignore', 'ignore', 'inherit'] })
  try {
    await expect.poll(() => page.goto(`${ORIGIN}/sign-in/alice`).then(answer => answer?.status(), () => 0)).toBe(200)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Connect to PagerDuty')
    await page.getByRole('button', { name: 'Connect to PagerDuty' }).click()
    await signIn(page, 'bethany@acme.example')
    await consent(page)
    await expect(page).toHaveURL(`${ORIGIN}/`)
    await expect(page.locator('body')).toHaveText('Hello, Bethany Developer! You are alice here.')

    const other = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
    await other.goto(`${ORIGIN}/sign-in/bob`)
    await other.getByRole('button', { name: 'Connect to PagerDuty' }).click()
    await signIn(other, 'elif@acme-eu.example')
    await consent(other)
    await expect(other.locator('body')).toHaveText('Hello, Elif Yılmaz! You are bob here.')
    await page.reload()
    await expect(page.locator('body')).toHaveText('Hello, Bethany Developer! You are alice here.')
  } finally {
    host.kill('SIGKILL')
  }
})
