import { expect, type Page } from '@playwright/test'
import type { Stage } from './failures'
import { BETHANY, connect } from './person'
import { ALWAYS } from './sandbox'

/** What becomes of a connection after it was made. Each begins with Bethany's, and ends on the connection page. */

const HOUR = 3600

/** Her connection is two hours old, and PagerDuty takes its access token no more: the next use must renew it. */
export async function due({ page, app, sandbox }: Stage): Promise<void> {
  await connect(page)
  await quiet(page)
  await app.ageConnections(2 * HOUR)
  await sandbox.expire()
  await page.goto('/connection')
}

/** Asks nothing of a server that is about to restart. */
async function quiet(page: Page): Promise<void> {
  await page.goto('about:blank')
}

export async function pressCheck({ page }: Pick<Stage, 'page'>): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Check it now' }).click()])
}

/** It was checked, and renewed for that. */
export async function checked(stage: Stage): Promise<void> {
  await due(stage)
  await pressCheck(stage)
  await expect(stage.page.getByRole('status')).toContainText('PagerDuty answered just now')
}

/** PagerDuty is asked for new tokens at this moment, and takes its time. */
export async function refreshing(stage: Stage): Promise<void> {
  await due(stage)
  await stage.sandbox.fault({ path: '/oauth/token', grant_type: 'refresh_token', delay_ms: 6000 })
  const other = await stage.page.context().newPage()
  await other.goto('/connection')
  void pressCheck({ page: other }).catch(() => {})
  await expect(async () => {
    await stage.page.reload()
    await expect(stage.page.locator('.standing')).toHaveAttribute('data-state', 'refreshing', { timeout: 100 })
  }).toPass()
}

/** PagerDuty gives no tokens, to nobody. */
export async function down(stage: Stage): Promise<void> {
  await due(stage)
  await stage.sandbox.fault({ path: '/oauth/token', status: 503, times: ALWAYS })
  await pressCheck(stage)
  await expect(stage.page.getByRole('status')).toContainText('PagerDuty does not answer')
}

/** She ended it at PagerDuty, which is found out at the next check. */
export async function revoked(stage: Stage): Promise<void> {
  await due(stage)
  await stage.sandbox.revoke(BETHANY)
  await pressCheck(stage)
  await expect(stage.page.getByRole('heading', { level: 1 })).toHaveText('Your connection was ended at PagerDuty')
}

/**
 * PagerDuty replaced the tokens, and its answer was lost on the way. Of the old access token's life, these seconds were
 * left when it was asked.
 */
export async function replyLost(stage: Stage, left = 40): Promise<void> {
  const { page, app, sandbox } = stage
  await sandbox.switches({ access_token_seconds: 100 })
  await connect(page)
  await quiet(page)
  await app.ageConnections(100 - left)
  await sandbox.fault({ path: '/oauth/token', grant_type: 'refresh_token', reset: 'after' })
  await page.goto('/connection')
  await pressCheck(stage)
  // With a token left nobody waits for the next one.
  await expect(async () => {
    await page.goto('/connection')
    await expect(page.locator('.standing')).toHaveAttribute('data-state', 'reply-lost', { timeout: 100 })
  }).toPass()
}

/** She is signed in on her phone. */
export async function onAPhone({ anotherBrowser }: Stage): Promise<Page> {
  const phone = await anotherBrowser({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1' })
  await connect(phone)
  return phone
}

/** She is signed in on her phone, too. */
export async function twoBrowsers(stage: Stage): Promise<Page> {
  const phone = await onAPhone(stage)
  await connect(stage.page)
  await stage.page.goto('/connection')
  return phone
}
