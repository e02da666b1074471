import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { tabTo } from './support/keyboard'
import { BETHANY, alive, greeting } from './support/person'
import { picture } from './support/picture'
import { sandboxStates, states, type State } from './support/states'
import { expect, test } from './support/test'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const looks = (['light', 'dark'] as const).flatMap(colorScheme => [1440, 360].map(width => ({ colorScheme, width })))

test.use({ contextOptions: { reducedMotion: 'reduce' } })

test.describe('everybody can use', () => {
  test.skip(({ hydrated }) => !hydrated, 'axe needs scripts; what it would see is the same document, which hydration.spec.ts compares.')

  for (const state of [...states, ...sandboxStates]) {
    test(`${state.name}: light and dark, on a desk and in a hand`, async ({ page, app, sandbox, watch, anotherBrowser, anotherApp }, info) => {
      await reached(state, { page, watch }, () => state.reach({ page, app, sandbox, anotherBrowser, anotherApp }))
      await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)
      await expect(page.getByRole('main')).toHaveCount(1)
      expect(await page.title()).not.toBe('')

      for (const { colorScheme, width } of state.likeOthers ? looks.filter((_, at) => at === 0 || at === 3) : looks) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 900 })
        const { violations } = await new AxeBuilder({ page }).withTags(RULES).setLegacyMode().analyze()
        const found = violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary}`))
        expect.soft(found, `${state.name}, ${colorScheme}, ${width} wide`).toEqual([])
        await picture(page, info, `${state.name}-${colorScheme}-${width}`)
      }

      // 320 is a desktop window magnified to 400 %: WCAG 1.4.10.
      await page.setViewportSize({ width: 320, height: 640 })
      expect.soft(await tooWide(page), `${state.name} must not scroll sideways`).toEqual([])
    })
  }
})

test('the whole way can be gone with the keyboard alone', async ({ page }) => {
  await page.goto('/')
  await page.keyboard.press('Tab')
  const skip = page.getByRole('link', { name: 'Skip to content' })
  await expect(skip).toBeFocused()
  await expect(skip).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()

  await tabTo(page, page.getByRole('button', { name: 'Connect to PagerDuty' }))
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByLabel('Email'))
  await page.keyboard.type(BETHANY)
  await tabTo(page, page.getByLabel('Password'))
  await page.keyboard.type('anything')
  await tabTo(page, page.getByRole('button', { name: 'Sign In', exact: true }))
  await page.keyboard.press('Space')
  await tabTo(page, page.getByRole('button', { name: 'Submit Consent' }))
  await page.keyboard.press('Enter')
  await expect(greeting(page)).toBeVisible()

  await tabTo(page, page.getByRole('link', { name: 'See how this worked' }))
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('How this worked')
  await tabTo(page, page.locator('.step').nth(2).locator('summary').first())
  await page.keyboard.press('Enter')
  await expect(page.getByText('code_verifier', { exact: true })).toBeVisible()

  await tabTo(page, page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Welcome' }), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await expect(greeting(page)).toBeVisible()
  await tabTo(page, page.locator('summary', { hasText: 'Disconnect' }))
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByRole('button', { name: 'Disconnect now' }))
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are disconnected')
})

test('text twice as large loses nothing', async ({ page, hydrated }) => {
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.goto('/')
  await alive(page, hydrated)
  await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'))
  expect(await tooWide(page)).toEqual([])
  await expect(page.getByRole('button', { name: 'Connect to PagerDuty' })).toBeVisible()
})

async function reached(
  state: State,
  { page, watch }: { page: Page; watch: { expected(...patterns: RegExp[]): void } },
  reach: () => Promise<void>,
): Promise<void> {
  watch.expected(...(state.leaves ?? []))
  await reach()
  if (!state.plain) await alive(page)
}

/** What makes the page wider than its window. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= width) return []
    return [...document.querySelectorAll('body *')]
      .filter(element => element.getBoundingClientRect().right > width + 1)
      .map(element => `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} ends at ${element.getBoundingClientRect().right}`)
      .slice(0, 5)
  })
}
