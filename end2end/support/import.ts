import { expect, type Locator, type Page } from '@playwright/test'
import type { App } from './app'
import { BETHANY, alive, connect } from './person'
import type { Sandbox } from './sandbox'

/** What all of an import takes. */
export const WRITES =
  'openid users.read users.write users:contact_methods.read users:contact_methods.write teams.read teams.write services.read services.write escalation_policies.read'

/** One of each: two to be made, one changed, one as it should be, two that contradict each other. */
export const PEOPLE = `name,email,role,job_title
Ada Example,ada@acme.example,Responder,Site reliability engineer
Marcus Okafor,marcus@acme.example,Manager,Director of Paging
Priya Raman,priya@acme.example,Manager,Site Reliability Lead
Bo Twice,twice@acme.example,Observer,Twin
Jo Twice,twice@acme.example,Responder,Twin
Cleo Example,cleo@acme.example,Observer,Support
`

/** Two things are wrong with it. */
export const UNREADABLE = 'name,emial,role\nAda,ada@acme.example\nBo,bo@acme.example,Manager,too,many\n'

/** The first bytes of a spreadsheet. */
export const SPREADSHEET = Buffer.from('504b03041400060008000000210041378245', 'hex')

/** So many new users. */
export function crowd(count: number, mailbox = 'import'): string {
  const rows = Array.from({ length: count }, (_, at) => `Person ${at + 1},${mailbox}-${at + 1}@acme.example,Responder`)
  return `name,email,role\n${rows.join('\n')}\n`
}

/** Chooses a file in the form and sends it. */
export async function load(page: Page, content: string | Buffer, { name = 'people.csv', kind = 'users', origin = '' } = {}): Promise<void> {
  await page.goto(`${origin}/import`)
  await page.locator(`#file-${kind}`).setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) })
  await page.getByRole('button', { name: `Plan these ${kind}` }).click()
}

/** Until the plan is there. */
export async function planned(page: Page, hydrated = true): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^What would be (done|undone)$/)
  await alive(page, hydrated)
}

export async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('button', { name }).click()
}

export const row = (page: Page, text: string): Locator => page.locator('.rows tbody tr').filter({ hasText: text })

/** Somebody who may load things, at an app of their own. */
export async function importer(page: Page, anotherApp: (settings: Record<string, string>) => Promise<App>, email = BETHANY): Promise<App> {
  const app = await anotherApp({ PD_SCOPES: WRITES })
  await connect(page, email, app.origin)
  return app
}

/** A plan of so many new users, applied to a PagerDuty that takes its time. */
export async function slowly(page: Page, sandbox: Sandbox, app: App, count: number, hydrated = true): Promise<void> {
  await load(page, crowd(count), { origin: app.origin })
  await planned(page, hydrated)
  await sandbox.switches({ latency_ms: 400, free_licenses: 1000 })
  await press(page, /^Apply/)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Under way')
}
