import { expect, type Locator, type Page } from '@playwright/test'

/** Goes on with Tab until it is there, and can see that it is. */
export async function tabTo(page: Page, wanted: Locator, key = 'Tab'): Promise<void> {
  await expect(wanted).toBeVisible()
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press(key)
    if (await wanted.evaluate(element => element === document.activeElement)) {
      const outline = await wanted.evaluate(element => getComputedStyle(element).outlineStyle)
      expect(outline, 'the focus can be seen').not.toBe('none')
      return
    }
  }
  throw new Error(`The keyboard does not get to ${String(wanted)}`)
}
