import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, expect, type BrowserContext, type BrowserContextOptions, type Page } from '@playwright/test'
import { App } from './app'
import { Sandbox } from './sandbox'
import { Watch } from './watch'

export { expect }

interface World {
  sandbox: Sandbox
  app: App
  folder: string
}

interface Shared {
  world: World
}

interface Own {
  /** Whether pages are taken over by Wasm in this project. */
  hydrated: boolean
  sandbox: Sandbox
  app: App
  watch: Watch
  /** One more browser, with its own cookies. */
  anotherBrowser: (options?: BrowserContextOptions) => Promise<Page>
  /** One more app beside the first, set up otherwise. */
  anotherApp: (settings: Record<string, string>) => Promise<App>
  /** One more app, in an empty folder: nothing is configured but where its PagerDuty is. */
  freshApp: () => Promise<{ app: App; folder: string }>
  /** One more app, whose company has 12,000 services, 5,000 users and 2,000 incidents. */
  large: App
  /** A page of somebody else, at an address of its own; returns its port. */
  elsewhere: (html: string) => Promise<number>
  watched: void
}

/** Two processes for each worker: the app on `localhost`, the sandbox on `127.0.0.1`. These are two sites. */
export const test = base.extend<Own, Shared>({
  world: [
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'pdconnect-e2e-'))
      const { port, redirectUrl } = await App.place()
      const sandbox = await Sandbox.start(folder, redirectUrl)
      const app = await App.start(folder, port, sandbox)
      await use({ sandbox, app, folder })
      await Promise.all([app.stop(), sandbox.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ world }, use) => use(world.app.origin),
  hydrated: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled !== false),
  app: async ({ world }, use) => use(world.app),
  sandbox: async ({ world }, use) => {
    await world.sandbox.reset()
    await use(world.sandbox)
  },
  watch: async ({ hydrated, app, sandbox }, use) => {
    const watch = new Watch(hydrated)
    watch.app(app)
    watch.allowOrigin(...sandbox.origins)
    await use(watch)
  },
  context: async ({ context, watch }, use) => {
    await prepared(context, watch)
    await use(context)
  },
  anotherBrowser: async ({ browser, watch, baseURL, hydrated }, use) => {
    const open: BrowserContext[] = []
    await use(async (options = {}) => {
      const context = await browser.newContext({ baseURL, javaScriptEnabled: hydrated, ...options })
      open.push(await prepared(context, watch))
      return context.newPage()
    })
    await Promise.all(open.map(context => context.close()))
  },
  anotherApp: async ({ world, sandbox, watch, context }, use) => {
    const running: App[] = []
    await use(async settings => {
      const { port, redirectUrl } = await App.place()
      await sandbox.addRedirectUrl(redirectUrl)
      const app = await App.start(mkdtempSync(join(world.folder, 'app-')), port, sandbox, settings)
      watch.app(app)
      running.push(app)
      return app
    })
    // A page that is still open would ask an app that has stopped for its icon.
    if (running.length) await Promise.all(context.pages().map(page => page.goto('about:blank').catch(() => null)))
    await Promise.all(running.map(app => app.stop()))
  },
  freshApp: async ({ world, sandbox, watch }, use) => {
    const running: App[] = []
    // A browser may still ask for the icon of its last page when the app is gone.
    watch.tolerated(/^failed: GET \/favicon\.svg net::ERR_CONNECTION_REFUSED$/, /^console error: .*net::ERR_CONNECTION_REFUSED$/)
    await use(async () => {
      const { port, redirectUrl } = await App.place()
      await sandbox.addRedirectUrl(redirectUrl)
      const folder = mkdtempSync(join(world.folder, 'fresh-'))
      const app = await App.fresh(folder, port, sandbox)
      watch.app(app)
      running.push(app)
      return { app, folder }
    })
    await Promise.all(running.map(app => app.stop()))
  },
  large: async ({ world, watch, anotherApp }, use) => {
    const sandbox = await Sandbox.start(world.folder, 'http://localhost/callback', '--size', 'large')
    watch.allowOrigin(...sandbox.origins)
    const app = await anotherApp(App.at(sandbox))
    await sandbox.addRedirectUrl(`${app.origin}/callback`)
    await use(app)
    await sandbox.stop()
  },
  elsewhere: async ({}, use) => {
    const running: Server[] = []
    await use(html => {
      const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html; charset=utf-8').end(html))
      running.push(server)
      return new Promise(done => {
        server.listen(0, '127.0.0.1', () => {
          const at = server.address()
          done(at && typeof at === 'object' ? at.port : 0)
        })
      })
    })
    for (const server of running) server.closeAllConnections()
    await Promise.all(running.map(server => new Promise(done => server.close(done))))
  },
  watched: [
    async ({ watch }, use) => {
      await use()
      // A browser sends its reports a moment after the fact.
      await expect.poll(() => watch.missing(), 'expected, but did not happen').toEqual([])
      expect(watch.surprises(), 'happened in the browser, and should not').toEqual([])
    },
    { auto: true },
  ],
})

async function prepared(context: BrowserContext, watch: Watch): Promise<BrowserContext> {
  watch.context(context)
  await context.addInitScript(() => {
    // The page's script hides the notice once more when everything is alive, and shows it when nothing will be.
    const seen = (records: MutationRecord[]) => {
      for (const { target } of records) {
        if (target instanceof HTMLElement && target.id === 'plain-notice') window.alive = target.hidden
      }
    }
    new MutationObserver(seen).observe(document, { subtree: true, attributeFilter: ['hidden'] })
  })
  return context
}

declare global {
  interface Window {
    /** Set when the page's start in the browser is over: whether Wasm has taken over. */
    alive?: boolean
    /** Left by tests: it is gone when a new document was loaded. */
    sameDocument?: boolean
  }
}
