import { BETHANY, connect, greeting } from './support/person'
import type { Sandbox } from './support/sandbox'
import { expect, test } from './support/test'

/** Other sites, as a browser sees them: another host, and a name below ours. */
const hosts = ['127.0.0.1', 'a.localhost']
const targets = ['/api/disconnect', '/api/begin_connect', '/api/finish_connect', '/api/page', '/api/how_it_worked']
/** What a form can send; each to what changes something, one to the others. */
const encodings = ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']
const tried = targets.flatMap((target, at) => encodings.slice(0, at < 2 ? 3 : 1).map(encoding => ({ target, encoding })))

/** What earlier tests left to revoke may come at any time; whether these tokens were revoked is seen by themselves. */
const asked = async (sandbox: Sandbox) =>
  (await sandbox.requests()).filter(request => request.path !== '/oauth/revoke').length

for (const host of hosts) {
  test(`sr_36 a form on a page of ${host} is refused, and nothing changes`, async ({ page, app, sandbox, watch, elsewhere }) => {
    const forms = tried.map(
      ({ target, encoding }) => `<form method="post" enctype="${encoding}" action="${app.origin}${target}">
        <input name="path" value="/how"><button>${target} as ${encoding}</button></form>`,
    )
    const port = await elsewhere(`<!doctype html><meta name="referrer" content="unsafe-url"><title>Elsewhere</title>${forms.join('')}`)
    watch.allowOrigin(`http://${host}:${port}`)
    await connect(page)
    const before = await asked(sandbox)

    watch.expected(...targets.map(target => new RegExp(`^status: 403 POST ${target}$`)))
    // The policy of a refusal stops every script, those with which Playwright looks at it too.
    watch.tolerated(/^console error: Blocked script execution in .* the document's frame is sandboxed/)
    for (const { target, encoding } of tried) {
      await page.goto(`http://${host}:${port}/`)
      await page.getByRole('button', { name: `${target} as ${encoding}` }).click()
      await expect(page.locator('body')).toContainText('does not come from one of this app')
      expect(page.url()).toBe(app.origin + target)
    }

    await expect.poll(() => app.events('sender.refused').length).toBeGreaterThanOrEqual(tried.length)
    expect(await asked(sandbox)).toBe(before)
    expect((await sandbox.tokens()).map(token => token.revoked)).toEqual([false, false])
    await page.goto('/welcome')
    await expect(greeting(page)).toHaveText('Hello, Bethany Developer!')
  })

  test(`sr_35 a link on a page of ${host} changes nothing either`, async ({ page, app, sandbox, watch, elsewhere }) => {
    const links = targets.map(target => `<p><a href="${app.origin}${target}">${target}</a></p>`).join('')
    const port = await elsewhere(`<!doctype html><title>Elsewhere</title>${links}<a href="${app.origin}/welcome">in</a>`)
    watch.allowOrigin(`http://${host}:${port}`)
    await connect(page)
    const before = await asked(sandbox)
    // The answer has no words, so the browser shows its own page.
    watch.tolerated(/^failed: GET \/api\/.* net::ERR_HTTP_RESPONSE_CODE_FAILURE$/)
    for (const target of targets) {
      watch.expected(new RegExp(`^status: 40[45] GET ${target}$`))
      await page.goto(`http://${host}:${port}/`)
      const answer = page.waitForResponse(app.origin + target)
      await page.getByRole('link', { name: target, exact: true }).click()
      expect((await answer).status()).toBeGreaterThanOrEqual(404)
    }
    expect(await asked(sandbox)).toBe(before)
    expect((await sandbox.tokens()).map(token => token.revoked)).toEqual([false, false])

    // A link to a page is nothing bad: the person is still who they are.
    await page.goto(`http://${host}:${port}/`)
    await page.getByRole('link', { name: 'in', exact: true }).click()
    await expect(greeting(page)).toHaveText('Hello, Bethany Developer!')
  })

  test(`sr_36 a script on a page of ${host} is refused and reads nothing`, async ({ page, app, sandbox, watch, elsewhere, hydrated }) => {
    test.skip(!hydrated, 'Without JavaScript there is no such script.')
    const port = await elsewhere('<!doctype html><title>Elsewhere</title>')
    watch.allowOrigin(`http://${host}:${port}`)
    await connect(page)
    await page.goto(`http://${host}:${port}/`)
    watch.tolerated(
      /^console error: Access to fetch at .* has been blocked by CORS policy/,
      /^(status: 403|failed:) POST \/api\/disconnect/,
      /^failed: GET \/welcome /,
    )
    const refused = app.events('sender.refused').length
    const read = await page.evaluate(async origin => {
      const ask = (path: string, how: RequestInit) =>
        fetch(origin + path, { credentials: 'include', ...how }).then(
          answer => `${answer.type} ${answer.status}`,
          () => 'refused',
        )
      return [
        await ask('/api/disconnect', { method: 'POST', mode: 'no-cors' }),
        await ask('/api/disconnect', { method: 'POST' }),
        await ask('/welcome', {}),
      ]
    }, app.origin)
    expect(read.slice(1)).toEqual(['refused', 'refused'])
    expect(['refused', 'opaque 0']).toContain(read[0])
    await expect.poll(() => app.events('sender.refused').length).toBe(refused + 2)
    expect((await sandbox.tokens()).map(token => token.revoked)).toEqual([false, false])
  })

  test(`sr_49 a frame on a page of ${host} stays blank, whatever it asks for`, async ({ page, app, watch, elsewhere }) => {
    const paths = ['/', '/welcome', '/how', '/no-such-page', '/callback', '/avatar', '/api/page', '/favicon.svg']
    const frames = paths.map(path => `<iframe title="${path}" src="${app.origin}${path}"></iframe>`).join('')
    const port = await elsewhere(`<!doctype html><title>Elsewhere</title>${frames}`)
    watch.allowOrigin(`http://${host}:${port}`)
    watch.tolerated(
      /^console error: .*(frame|Framing)/i,
      /^status: 4\d\d GET \/(welcome|how|no-such-page|callback|avatar|api\/page)$/,
      /^failed: GET .*(ERR_BLOCKED_BY_RESPONSE|ERR_ABORTED|csp)/,
      /^csp\.report: frame-ancestors /,
      // The other page's frame may not know how its report was taken.
      /^failed: POST \/csp net::ERR_BLOCKED_BY_RESPONSE/,
    )
    await connect(page, BETHANY)
    await page.goto(`http://${host}:${port}/`, { waitUntil: 'load' })
    expect(page.frames()).toHaveLength(paths.length + 1)
    for (const frame of page.frames().slice(1)) {
      await expect.poll(() => frame.url()).toMatch(/^chrome-error:/)
      await expect(frame.locator('body')).not.toContainText(/PagerDuty|Bethany|such page/)
    }
  })
}
