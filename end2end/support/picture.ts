import { join } from 'node:path'
import type { Page, TestInfo } from '@playwright/test'

/** A picture of the whole page, for people to look at: in test-results/pictures. */
export async function picture(page: Page, info: TestInfo, name: string): Promise<void> {
  const path = join(info.project.outputDir, 'pictures', `${name}.png`)
  await page.screenshot({ path, fullPage: true, animations: 'disabled', caret: 'hide' })
}
