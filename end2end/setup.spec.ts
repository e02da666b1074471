import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { BETHANY, alive, consent, goThrough, greeting, pressConnect, signIn } from './support/person'
import { expect, test } from './support/test'

/** What PagerDuty lets one download. */
const file = (keys: object) => ({ name: 'my-app.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(keys)) })

const check = (page: Page) => page.getByRole('button', { name: 'Check it and go on' }).click()

test('from an empty folder, by dropping the file that PagerDuty gave, to the greeting', async ({ page, sandbox, hydrated, freshApp }) => {
  const { app, folder } = await freshApp()
  await page.goto(`${app.origin}/`)
  await alive(page, hydrated)
  await page.getByRole('link', { name: 'Use your own PagerDuty account' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Use your own PagerDuty account')
  await expect(page.getByLabel('Under Redirect URLs enter exactly')).toHaveValue(`${app.origin}/callback`)
  await expect(page.getByRole('row')).toHaveCount(5)

  await page.locator('#file').setInputFiles(file(sandbox.credentials))
  await check(page)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This app knows your PagerDuty account')
  await page.getByRole('link', { name: 'Go on to connect' }).click()
  await expect(page).toHaveURL(`${app.origin}/`)
  await alive(page, hydrated)
  await expect(page.getByRole('link', { name: 'Use your own PagerDuty account' })).toBeHidden()
  await goThrough(page, BETHANY)
  await expect(greeting(page)).toHaveText('Hello, Bethany Developer!')

  const config = join(folder, 'config.json')
  expect(statSync(config).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(config, 'utf8'))).toMatchObject(sandbox.credentials)
  expect(app.log).not.toContain(sandbox.credentials.client_secret)
})

test('what is wrong with the file or the registration is told apart, and mended on the same page', async ({ page, sandbox, watch, freshApp }) => {
  const { app } = await freshApp()
  watch.expected(/^status: 422 POST \/setup$/)
  const wrong = page.getByRole('alert')
  await page.goto(`${app.origin}/setup`)

  await page.locator('#file').setInputFiles(file({ client_id: sandbox.credentials.client_id }))
  await check(page)
  await expect(wrong).toContainText('client_secret is missing')

  await page.locator('#file').setInputFiles(file({ ...sandbox.credentials, client_secret: 'not-the-secret' }))
  await check(page)
  await expect(wrong.locator('[data-code="wrong-secret"]')).toContainText('does not take the secret')
  await expect(page.locator('body')).not.toContainText('not-the-secret')

  await page.getByText('Or paste its text').click()
  await page.getByLabel('The text of the file').fill(JSON.stringify(sandbox.credentials))
  await check(page)
  await page.getByRole('link', { name: 'Go on to connect' }).click()
  await pressConnect(page)
  await signIn(page, BETHANY)
  await consent(page)
  await expect(greeting(page)).toBeVisible()
})
