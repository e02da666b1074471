import { expect, type Locator, type Page } from '@playwright/test'

export const BETHANY = 'bethany@acme.example'
export const ELIF = 'elif@acme-eu.example'
export const MALLORY = 'mallory@acme.example'
export const BLANK = 'blank@acme.example'

/** Presses Connect on the page that is open. */
export async function pressConnect(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Connect (to PagerDuty|again)$/ }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible()
}

/** Opens the first page and goes to PagerDuty; returns the authorize address. */
export async function begin(page: Page, origin = ''): Promise<string> {
  await page.goto(`${origin}/`)
  await pressConnect(page)
  return page.url()
}

export async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill('anything')
  await page.getByRole('button', { name: 'Sign In', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Submit Consent' })).toBeVisible()
}

export async function consent(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Submit Consent' }).click()
}

/** From the page with the button to wherever PagerDuty's answer leads. */
export async function goThrough(page: Page, email: string): Promise<void> {
  await pressConnect(page)
  await signIn(page, email)
  await consent(page)
}

/** The whole way to the greeting. */
export async function connect(page: Page, email = BETHANY, origin = ''): Promise<void> {
  await page.goto(`${origin}/`)
  await goThrough(page, email)
  await expect(greeting(page)).toBeVisible()
}

export function greeting(page: Page): Locator {
  return page.getByRole('heading', { level: 1, name: /^Hello, / })
}

export async function disconnect(page: Page): Promise<void> {
  await page.locator('summary', { hasText: 'Disconnect' }).click()
  await page.getByRole('button', { name: 'Disconnect now' }).click()
}

/** Waits until Wasm has taken over; at once where there is no JavaScript. */
export async function alive(page: Page, hydrated = true): Promise<void> {
  if (hydrated) await page.waitForFunction(() => window.alive === true)
}

/** The picture is really there, not only its element. */
export async function expectPicture(picture: Locator): Promise<void> {
  await expect(picture).toBeVisible()
  await expect.poll(() => picture.evaluate(img => (img as HTMLImageElement).naturalWidth)).toBeGreaterThan(0)
}

/** Opens everything that opens on demand. */
export async function openAll(page: Page): Promise<void> {
  const closed = page.locator('main details:not([open]) > summary')
  for (let left = await closed.count(); left > 0; left--) await closed.first().click()
}
