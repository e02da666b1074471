import type { Page } from '@playwright/test'
import { BETHANY, alive, connect, consent, greeting, pressConnect, signIn } from './support/person'
import { expect, test } from './support/test'

test('pages follow one another without loading a document, or, without JavaScript, with it', async ({ page, hydrated }) => {
  await connect(page)
  await alive(page, hydrated)
  await page.evaluate(() => (window.sameDocument = true))
  const documents: string[] = []
  page.on('request', request => {
    if (request.isNavigationRequest()) documents.push(new URL(request.url()).pathname)
  })

  const main = page.getByRole('navigation', { name: 'Main' })
  await expect(main.getByRole('link', { name: 'Welcome' })).toHaveAttribute('aria-current', 'page')
  await main.getByRole('link', { name: 'How this worked' }).click()
  await expect(page).toHaveURL(/\/how$/)
  await expect(page).toHaveTitle('How this worked · Connect for PagerDuty')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('How this worked')
  await expect(main.getByRole('link', { name: 'How this worked' })).toHaveAttribute('aria-current', 'page')
  await expect(main.getByRole('link', { name: 'Welcome' })).not.toHaveAttribute('aria-current')

  await page.goBack()
  await expect(greeting(page)).toBeVisible()
  await expect(page).toHaveTitle('Welcome · Connect for PagerDuty')
  await page.goForward()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('How this worked')
  await page.getByRole('link', { name: /^Connect for PagerDuty/ }).click()
  await expect(greeting(page)).toBeVisible()

  expect(await page.evaluate(() => window.sameDocument === true)).toBe(hydrated)
  expect(documents).toEqual(hydrated ? [] : ['/how', '/welcome', '/how', '/welcome'])
})

test('after a change of page the focus is at its beginning', async ({ page, hydrated }) => {
  test.skip(!hydrated, 'A document that is loaded begins at its beginning.')
  await connect(page)
  await alive(page)
  await page.getByRole('link', { name: 'See how this worked' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('How this worked')
  await expect(page.getByRole('main')).toBeFocused()
  expect(await page.evaluate(() => scrollY)).toBe(0)
  await page.goBack()
  await expect(greeting(page)).toBeVisible()
  await expect(page.getByRole('main')).toBeFocused()
})

test('the first page as the browser wrote it works like the one the server wrote', async ({ page, watch, hydrated }) => {
  watch.expected(/^status: 401 GET \/welcome$/)
  await page.goto('/welcome')
  await alive(page, hydrated)
  await page.getByRole('link', { name: 'What will it be allowed to do?' }).click()
  await expect(page).toHaveURL(/\/$/)
  await pressConnect(page)
  await signIn(page, BETHANY)
  await consent(page)
  await expect(greeting(page)).toBeVisible()
})

test('who is asked to connect first comes back to where they were', async ({ page, watch }) => {
  watch.expected(/^status: 401 GET \/welcome$/)
  await page.goto('/welcome')
  await pressConnect(page)
  await signIn(page, BETHANY)
  await consent(page)
  await expect(page).toHaveURL(/\/welcome$/)
})

test('a link to a step of the story jumps there', async ({ page, hydrated }) => {
  await connect(page)
  await alive(page, hydrated)
  await page.getByRole('link', { name: 'See how this worked' }).click()
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: 'This server redeemed the code' }).click()
  await expect(page).toHaveURL(/\/how#step-3$/)
  await expect(page.locator('#step-3')).toBeInViewport()
})

test('what the browser takes over is what the server wrote', async ({ page, hydrated }) => {
  test.skip(!hydrated, 'There is nothing to compare.')
  await connect(page)
  for (const path of ['/welcome', '/connection', '/connection?note=later', '/how', '/', '/disconnected', '/unavailable']) {
    const answer = await page.goto(path)
    await alive(page)
    expect(await taken(page), path).toBe(await written(page, (await answer?.text()) ?? ''))
  }
})

/** The body of the page as it is now, without what only hydration needs. */
const taken = (page: Page) => page.evaluate(tidied, null)
/** The body that a document's text says. */
const written = (page: Page, text: string) => page.evaluate(tidied, text)

function tidied(text: string | null): string {
  const body = text === null ? (document.body.cloneNode(true) as HTMLElement) : new DOMParser().parseFromString(text, 'text/html').body
  for (const extra of body.querySelectorAll('script, #plain-notice')) extra.remove()
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_COMMENT)
  const comments: Node[] = []
  while (walker.nextNode()) comments.push(walker.currentNode)
  for (const comment of comments) comment.parentNode?.removeChild(comment)
  body.normalize()
  return body.innerHTML.trim()
}
