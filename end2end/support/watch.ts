import type { BrowserContext } from '@playwright/test'
import type { App } from './app'

/**
 * Everything in a browser that should not happen, written down as one line each:
 *
 *   console error: …             page error: …              dialog: …
 *   status: 404 GET /path        failed: GET /path …        elsewhere: GET origin
 *   csp.report: directive blocked
 *
 * A test that brings one about on purpose says so with `expected`. At the end of each test none may be left over, and
 * each that was expected must have happened.
 */
export class Watch {
  private readonly seen: string[] = []
  private readonly patterns: { pattern: RegExp; must: boolean }[] = []
  private readonly apps: { app: App; reportsBefore: number }[] = []
  private readonly origins = new Set<string>()

  constructor(private readonly hydrated: boolean) {}

  /** These lines belong to the test, and it fails without them. */
  expected(...patterns: RegExp[]): void {
    this.patterns.push(...patterns.map(pattern => ({ pattern, must: true })))
  }

  /** These may come or not: it depends on timing that the test is not about. */
  tolerated(...patterns: RegExp[]): void {
    this.patterns.push(...patterns.map(pattern => ({ pattern, must: false })))
  }

  /** Pages may ask this origin for things. */
  allowOrigin(...origins: string[]): void {
    for (const origin of origins) this.origins.add(origin)
  }

  /** Pages may ask this app for things; its log is read for what browsers reported. */
  app(app: App): void {
    this.allowOrigin(app.origin)
    this.apps.push({ app, reportsBefore: app.events('csp.report').length })
  }

  context(context: BrowserContext): void {
    context.on('console', message => {
      const [kind, text] = [message.type(), message.text()]
      if (kind !== 'error' && kind !== 'warning') return
      // Told again below, with method and status. (Requests for the icon are told here alone.)
      if (text.startsWith('Failed to load resource') && !message.location().url.endsWith('/favicon.svg')) return
      // Without JavaScript nobody takes what was fetched ahead for it.
      if (!this.hydrated && text.includes('was preloaded using link preload but not used')) return
      this.seen.push(`console ${kind}: ${text}`)
    })
    context.on('weberror', error => this.seen.push(`page error: ${error.error().message}`))
    context.on('dialog', dialog => {
      this.seen.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    context.on('request', request => {
      const url = new URL(request.url())
      if (url.protocol === 'data:' || this.origins.has(url.origin)) return
      this.seen.push(`elsewhere: ${request.method()} ${url.origin}`)
    })
    context.on('response', response => {
      if (response.status() < 400) return
      this.seen.push(`status: ${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`)
    })
    context.on('requestfailed', request => {
      const [url, why] = [new URL(request.url()), request.failure()?.errorText ?? '']
      // The person was faster than the Wasm, or a picture.
      if (why === 'net::ERR_ABORTED' && /^\/(pkg\/|avatar$|favicon\.svg$|_sandbox\/)/.test(url.pathname)) return
      // Who listens to the app stops when the page goes, and tries again while the app is away.
      if (/^net::ERR_(ABORTED|CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING)$/.test(why) && /^\/import\/[\w-]+\/events$/.test(url.pathname)) return
      // Where scripts are off, the browser says that a policy stopped them. The page's own allows them: see `hydrated`.
      if (!this.hydrated && why === 'csp' && /^\/pkg\/.*\.js$/.test(url.pathname)) return
      this.seen.push(`failed: ${request.method()} ${url.pathname} ${why}`)
    })
  }

  /** What happened so far and was not expected. */
  surprises(): string[] {
    return this.all().filter(line => !this.patterns.some(({ pattern }) => pattern.test(line)))
  }

  /** What was expected and has not happened. */
  missing(): string[] {
    const all = this.all()
    return this.patterns.filter(p => p.must && !all.some(line => p.pattern.test(line))).map(p => String(p.pattern))
  }

  private all(): string[] {
    const reports = this.apps.flatMap(({ app, reportsBefore }) => app.events('csp.report').slice(reportsBefore))
    return [...this.seen, ...reports.map(report => `csp.report: ${report['directive']} ${report['blocked']}`)]
  }
}
