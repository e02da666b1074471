import { expect, type BrowserContextOptions, type Page } from '@playwright/test'
import type { App } from './app'
import { BETHANY, begin, connect, consent, goThrough, pressConnect, signIn } from './person'
import { ALWAYS, type Sandbox } from './sandbox'

/** What a scene can be set with. */
export interface Stage {
  page: Page
  app: App
  sandbox: Sandbox
  anotherBrowser: (options?: BrowserContextOptions) => Promise<Page>
  anotherApp: (settings: Record<string, string>) => Promise<App>
}

/** One way in which PagerDuty's answer leads to no connection. */
export interface Failure {
  /** What the page calls it. */
  code: string
  name: string
  status: number
  title: string
  /** Brings the page about. */
  reach: (stage: Stage) => Promise<void>
}

const sentBack = async ({ page }: Stage) => {
  await page.goto('/')
  await goThrough(page, BETHANY)
}

/** PagerDuty's answer, in the browser that asked for it, with parameters of one's own. */
export async function answered({ page }: Stage, parameters: Record<string, string>): Promise<void> {
  const state = new URL(await begin(page)).searchParams.get('state') ?? ''
  await page.goto(`/callback?${new URLSearchParams({ ...parameters, state })}`)
}

export const failures: Failure[] = [
  {
    code: 'denied',
    name: 'consent was denied',
    status: 403,
    title: 'You did not give consent',
    reach: async ({ page }) => {
      await begin(page)
      await signIn(page, BETHANY)
      await page.getByRole('button', { name: 'Cancel' }).click()
    },
  },
  {
    code: 'expired',
    name: 'the sign-in took too long',
    status: 400,
    title: 'This sign-in took too long',
    reach: async ({ page, app }) => {
      await begin(page)
      await app.ageAttempts(601)
      await signIn(page, BETHANY)
      await consent(page)
    },
  },
  {
    code: 'state-mismatch',
    name: 'another browser started the sign-in',
    status: 400,
    title: 'This sign-in was not started here',
    reach: async ({ page, sandbox, anotherBrowser }) => {
      const theirs = await anotherBrowser()
      const callback = await sandbox.callbackFor(await begin(theirs), BETHANY)
      await page.goto(callback)
    },
  },
  {
    code: 'already-used',
    name: 'the answer was used before',
    status: 400,
    title: 'This answer was used before',
    reach: async ({ page, sandbox }) => {
      const callback = await sandbox.callbackFor(await begin(page), BETHANY)
      await page.goto(callback)
      await expect(page).toHaveURL(/\/welcome$/)
      await page.context().clearCookies()
      await page.goto(callback)
    },
  },
  {
    code: 'wrong-issuer',
    name: 'the answer names another sender',
    status: 400,
    title: 'This answer does not come from PagerDuty',
    reach: async stage => {
      await stage.sandbox.switches({ iss_on_callback: { literal: 'https://identity.example' } })
      await sentBack(stage)
    },
  },
  {
    code: 'malformed',
    name: 'the address lacks everything',
    status: 400,
    title: 'There is nothing to finish here',
    reach: async ({ page }) => void (await page.goto('/callback')),
  },
  {
    code: 'refused',
    name: 'PagerDuty has an error of its own',
    status: 403,
    title: 'PagerDuty did not allow this',
    reach: stage => answered(stage, { error: 'server_error', error_description: 'The identity service is restarting.' }),
  },
  {
    code: 'pagerduty-down',
    name: 'PagerDuty is down',
    status: 502,
    title: 'PagerDuty does not answer',
    reach: async stage => {
      await stage.sandbox.fault({ method: 'POST', path: '/oauth/token', status: 503, times: ALWAYS })
      await sentBack(stage)
    },
  },
  {
    code: 'pagerduty-down',
    name: 'the connection to PagerDuty breaks off',
    status: 502,
    title: 'PagerDuty does not answer',
    reach: async stage => {
      await stage.sandbox.fault({ method: 'POST', path: '/oauth/token', reset: 'before', times: ALWAYS })
      await sentBack(stage)
    },
  },
  {
    code: 'code-refused',
    name: 'PagerDuty does not take the code',
    status: 400,
    title: 'PagerDuty did not take the code',
    reach: async stage => {
      await stage.sandbox.fault({
        path: '/oauth/token',
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: '{"error":"invalid_grant"}',
      })
      await sentBack(stage)
    },
  },
  {
    code: 'identity-refused',
    name: 'the signature is wrong',
    status: 502,
    title: "PagerDuty's statement did not pass",
    reach: async stage => {
      await stage.sandbox.switches({ id_token: 'bad_signature' })
      await sentBack(stage)
    },
  },
  {
    code: 'misconfigured',
    name: 'the app has the wrong secret',
    status: 502,
    title: 'This app is not set up right',
    reach: async ({ page, anotherApp }) => {
      const app = await anotherApp({ PD_CLIENT_SECRET: 'not-the-secret' })
      await page.goto(`${app.origin}/`)
      await goThrough(page, BETHANY)
    },
  },
  {
    code: 'not-installed',
    name: 'an admin has not installed the app',
    status: 403,
    title: 'An admin must install this app first',
    reach: async ({ page, sandbox }) => {
      await sandbox.switches({ installed: 'unauthorized_client' })
      await begin(page)
      await page.getByLabel('Email').fill(BETHANY)
      await page.getByRole('button', { name: 'Sign In', exact: true }).click()
    },
  },
  {
    code: 'wrong-region',
    name: 'the hosts of the regions have changed places',
    status: 502,
    title: 'This app asks in the wrong region',
    reach: async ({ page, sandbox, anotherApp }) => {
      const app = await anotherApp({ PD_API_URL: sandbox.euApiUrl, PD_EU_API_URL: sandbox.identityUrl })
      await page.goto(`${app.origin}/`)
      await goThrough(page, BETHANY)
    },
  },
  {
    code: 'missing-permission',
    name: 'a permission is missing',
    status: 403,
    title: 'A permission is missing',
    reach: async stage => {
      await stage.sandbox.switches({ granted_scope: 'openid' })
      await sentBack(stage)
    },
  },
  {
    code: 'no-permission',
    name: 'the person may not use the API',
    status: 403,
    title: 'PagerDuty does not let you use this',
    reach: async stage => {
      await stage.sandbox.fault({ path: '/users/me', status: 403 })
      await sentBack(stage)
    },
  },
]

/** The lines that a failing page leaves in the watch. */
export function told({ status }: Failure): RegExp {
  return new RegExp(`^status: ${status} GET /callback$`)
}

/** A welcome page on which something is missing. */
export async function partlyGranted({ page, sandbox, anotherApp }: Stage): Promise<App> {
  const app = await anotherApp({ PD_SCOPES: 'openid users.read teams.read incidents.write' })
  await sandbox.switches({ granted_scope: 'openid users.read' })
  await connect(page, BETHANY, app.origin)
  return app
}

/** The button of a failing page starts again, and this time it ends well. */
export async function tryAgain(page: Page, sandbox: Sandbox): Promise<void> {
  await sandbox.reset()
  await pressConnect(page)
  await signIn(page, BETHANY)
  await consent(page)
}
