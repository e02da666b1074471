import { expect } from '@playwright/test'
import { failures, partlyGranted, told, type Stage } from './failures'
import { checked, down, due, refreshing, replyLost, revoked, twoBrowsers } from './upkeep'
import { PEOPLE, UNREADABLE, importer, load, planned, press, slowly } from './import'
import { BETHANY, BLANK, ELIF, MALLORY, begin, connect, consent, disconnect, greeting, openAll, signIn } from './person'

/** A page in one of the states it can be in. */
export interface State {
  name: string
  reach: (stage: Stage) => Promise<void>
  /** Lines that it leaves in the watch. */
  leaves?: RegExp[]
  /** Differs from another state in its words alone: two looks do. */
  likeOthers?: boolean
  /** Stays plain HTML. */
  plain?: boolean
}

const how = async (stage: Stage) => {
  await connect(stage.page)
  await stage.page.goto('/how')
}

const board = (name: string, path: string, more: Partial<State> = {}): State => ({
  name,
  reach: async ({ page }) => {
    await connect(page)
    await page.goto(path)
  },
  ...more,
})

/** Pages that the server writes. */
const boards: State[] = [
  board('services', '/services'),
  board('services-none', '/services?q=zzzz', { likeOthers: true }),
  board('services-beyond', '/services?page=9999', { leaves: [/^status: 400 GET \/services$/], likeOthers: true }),
  board('incidents', '/incidents'),
  board('incidents-told', '/incidents?state=all&done=acknowledged&ok=2', { likeOthers: true }),
  {
    name: 'incidents-to-change',
    reach: async ({ page, anotherApp }) => {
      const app = await anotherApp({ PD_SCOPES: 'openid users.read incidents.read incidents.write' })
      await connect(page, BETHANY, app.origin)
      await page.goto(`${app.origin}/incidents`)
    },
  },
  board('on-call', '/on-call'),
  board('explorer', '/explorer', { likeOthers: true }),
  board('explorer-found', '/explorer?q=users&pick=GET+%2Fusers&pick=POST+%2Fincidents'),
  board('explorer-ran', '/explorer?op=GET+%2Fusers&v.limit=2&run=1'),
  board('explorer-lacks', '/explorer?op=GET+%2Fabilities&run=1', { leaves: [/^status: 403 GET \/explorer$/], likeOthers: true }),
]

/** A file, from its choice to its report. */
const imports: State[] = [
  board('import', '/import'),
  {
    name: 'import-history',
    reach: async ({ page }) => {
      await connect(page)
      await load(page, PEOPLE)
      await planned(page)
      await page.goto('/import?note=no-file')
    },
  },
  {
    name: 'import-unreadable',
    reach: async ({ page }) => {
      await connect(page)
      await load(page, UNREADABLE)
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('This file cannot be read')
    },
  },
  {
    name: 'import-lacks',
    likeOthers: true,
    reach: async ({ page }) => {
      await connect(page)
      await load(page, PEOPLE)
      await planned(page)
    },
  },
  {
    name: 'import-plan',
    reach: async ({ page, anotherApp }) => {
      const app = await importer(page, anotherApp)
      await load(page, PEOPLE, { origin: app.origin })
      await planned(page)
    },
  },
  {
    name: 'import-running',
    reach: async ({ page, anotherApp, sandbox }) => {
      const app = await importer(page, anotherApp)
      await sandbox.fault({ method: 'POST', path: '/users', status: 400, body: '{"error":{"message":"Invalid Input Provided","code":2001,"errors":["Name is on a list of names"]}}' })
      await slowly(page, sandbox, app, 120)
      await expect(page.locator('#live-rows li').nth(2)).toBeVisible()
    },
  },
  {
    name: 'import-cancel',
    likeOthers: true,
    reach: async ({ page, anotherApp, sandbox }) => {
      const app = await importer(page, anotherApp)
      await slowly(page, sandbox, app, 120)
      await press(page, 'Pause')
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Paused')
      await page.getByRole('link', { name: 'Cancel…' }).click()
      await expect(page.getByRole('button', { name: 'Cancel the import' })).toBeVisible()
    },
  },
  {
    name: 'import-report',
    reach: async ({ page, anotherApp, sandbox }) => {
      const app = await importer(page, anotherApp)
      await load(page, PEOPLE, { origin: app.origin })
      await planned(page)
      await sandbox.fault({ method: 'POST', path: '/users', status: 400, body: '{"error":{"message":"Invalid Input Provided","code":2001,"errors":["Name is on a list of names"]}}' })
      await press(page, /^Apply/)
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Done in part')
    },
  },
]

/** Every page of the app, and the sandbox's on the way, in every state that looks different. */
export const states: State[] = [
  { name: 'connect', reach: async ({ page }) => void (await page.goto('/')) },
  {
    name: 'connect-connected',
    reach: async ({ page }) => {
      await connect(page)
      await page.goto('/')
    },
  },
  {
    name: 'connect-plain',
    plain: true,
    leaves: [/^failed: GET \/pkg\/.*wasm /, /^console warning: The page stays plain HTML/],
    reach: async ({ page }) => {
      await page.route('**/*.wasm', route => route.abort('failed'))
      await page.goto('/')
      await expect(page.locator('#plain-notice')).toBeVisible()
    },
  },
  { name: 'welcome', reach: ({ page }) => connect(page) },
  { name: 'welcome-eu', reach: ({ page }) => connect(page, ELIF) },
  { name: 'welcome-blank', reach: ({ page }) => connect(page, BLANK) },
  { name: 'welcome-hostile', reach: ({ page }) => connect(page, MALLORY) },
  { name: 'welcome-missing', reach: async stage => void (await partlyGranted(stage)) },
  {
    name: 'welcome-disconnect-open',
    reach: async ({ page }) => {
      await connect(page)
      await page.locator('summary', { hasText: 'Disconnect' }).click()
    },
  },
  { name: 'welcome-signed-out', leaves: [/^status: 401 GET \/welcome$/], reach: async ({ page }) => void (await page.goto('/welcome')) },
  {
    name: 'welcome-over',
    reach: async stage => {
      await replyLost(stage)
      await stage.page.goto('/welcome')
    },
  },
  {
    name: 'connection',
    reach: async ({ page }) => {
      await connect(page)
      await page.goto('/connection')
    },
  },
  { name: 'connection-due', reach: due, likeOthers: true },
  { name: 'connection-checked', reach: checked },
  { name: 'connection-refreshing', reach: refreshing },
  { name: 'connection-trouble', reach: down },
  { name: 'connection-reply-lost', reach: stage => replyLost(stage) },
  { name: 'connection-over', reach: stage => replyLost(stage, 0), likeOthers: true },
  { name: 'connection-revoked', reach: revoked, leaves: [/^status: 401 GET \/connection$/] },
  { name: 'connection-two-browsers', reach: async stage => void (await twoBrowsers(stage)) },
  {
    name: 'connection-disconnect-open',
    likeOthers: true,
    reach: async ({ page }) => {
      await connect(page)
      await page.goto('/connection')
      await page.locator('summary', { hasText: 'Disconnect' }).click()
    },
  },
  ...boards,
  ...imports,
  { name: 'unavailable', reach: async ({ page }) => void (await page.goto('/unavailable')) },
  { name: 'how', reach: how },
  {
    name: 'how-open',
    reach: async stage => {
      await how(stage)
      await openAll(stage.page)
    },
  },
  { name: 'how-signed-out', leaves: [/^status: 401 GET \/how$/], reach: async ({ page }) => void (await page.goto('/how')) },
  {
    name: 'disconnected',
    reach: async ({ page }) => {
      await connect(page)
      await disconnect(page)
      await expect(page).toHaveURL(/\/disconnected$/)
    },
  },
  { name: 'disconnected-unreached', reach: async ({ page }) => void (await page.goto('/disconnected?revoked=no')) },
  { name: 'not-found', leaves: [/^status: 404 GET \/nowhere$/], reach: async ({ page }) => void (await page.goto('/nowhere')) },
  ...failures.map(failure => ({
    name: `callback-${failure.name.toLowerCase().replaceAll(' ', '-')}`,
    leaves: [told(failure)],
    likeOthers: !['refused', 'missing-permission'].includes(failure.code),
    reach: async (stage: Stage) => {
      await failure.reach(stage)
      await expect(stage.page.getByRole('heading', { level: 1 })).toHaveText(failure.title)
    },
  })),
]

const ofTheSandbox: State[] = [
  { name: 'sandbox-index', reach: async ({ page, sandbox }) => void (await page.goto(sandbox.identityUrl)) },
  { name: 'sandbox-login', reach: async ({ page }) => void (await begin(page)) },
  {
    name: 'sandbox-login-unknown',
    leaves: [/^status: 422 POST \/oauth\/authorize\/login$/],
    reach: async ({ page }) => {
      await begin(page)
      await page.getByLabel('Email').fill('nobody@acme.example')
      await page.getByRole('button', { name: 'Sign In', exact: true }).click()
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  {
    name: 'sandbox-consent',
    reach: async ({ page }) => {
      await begin(page)
      await signIn(page, BETHANY)
    },
  },
  {
    name: 'sandbox-over',
    leaves: [/^status: 400 (GET|POST) \/oauth\/authorize\//],
    reach: async ({ page }) => {
      await begin(page)
      await signIn(page, BETHANY)
      await consent(page)
      await expect(greeting(page)).toBeVisible()
      await page.goBack()
    },
  },
  {
    name: 'sandbox-bad-request',
    leaves: [/^status: 400 GET \/oauth\/authorize$/],
    reach: async ({ page, sandbox }) => void (await page.goto(`${sandbox.identityUrl}/oauth/authorize?client_id=unknown`)),
  },
]

/** The sandbox's own pages: no Wasm there. */
export const sandboxStates: State[] = ofTheSandbox.map(state => ({ ...state, plain: true }))
