// The release file, alone: in an empty folder, with an empty environment.
//
//   node scripts/release.mjs check FILE      it serves its whole site, and writes nothing but its data
//   node scripts/release.mjs measure FILE    cold start, and memory: idle, and after 10,000 sign-ins
import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const STARTS = 7
const SIGN_INS = 10_000
const AT_ONCE = 16
const PEOPLE = ['bethany', 'marcus', 'priya', 'tomas', 'hana', 'grace', 'blank']

const [, , task, file] = process.argv
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE * 2 })

if (task === 'check') await check()
else if (task === 'measure') await measure()
else throw new Error('Say what to do: node scripts/release.mjs check FILE, or measure FILE.')
agent.destroy()

async function check() {
  await alone({}, async ({ origin, folder }) => {
    const page = await answered(`${origin}/`)
    const paths = [...new Set(page.text.match(/\/pkg\/[\w.-]+\.(?:js|wasm|css)/g)), '/favicon.svg', '/robots.txt']
    if (paths.length !== 5) throw new Error(`The page names ${paths.join(', ')}: not one of each kind.`)
    for (const path of paths) {
      const reply = await ask(`${origin}${path}`, { headers: { 'accept-encoding': 'br' } })
      const { 'content-encoding': coding, 'cache-control': kept, etag } = reply.headers
      const fits = reply.status === 200 && reply.bytes > 0 && coding === 'br' && etag
      if (!fits || kept.includes('immutable') !== path.startsWith('/pkg/')) throw new Error(`${path}: ${reply.status} ${coding} ${kept}`)
    }
    const written = readdirSync(folder).filter(name => name !== 'pdconnect')
    if (written.join() !== 'data') throw new Error(`It wrote ${written.join(', ')}.`)
    console.log(`Alone in an empty folder: the page and its ${paths.length} files answer; nothing is written but data/.`)
  })
}

async function measure() {
  const starts = []
  for (let i = 0; i < STARTS; i += 1) {
    const began = performance.now()
    await alone({}, async ({ origin }) => {
      await answered(`${origin}/`)
      starts.push(performance.now() - began)
    })
  }
  starts.sort((a, b) => a - b)
  console.log(`cold start to the first 200 of /: ${starts.map(Math.round).join(', ')} ms; median ${Math.round(starts[(STARTS - 1) / 2])} ms`)

  // PagerDuty in a process of its own, so that its memory is not counted.
  const port = await freePort()
  const at = await freePort()
  const sandbox = `http://127.0.0.1:${at}`
  const own = ['sandbox', '--listen', `127.0.0.1:${at}`, '--redirect-url', `http://localhost:${port}/callback`]
  await alone({ args: own, port: at }, async () => {
    const { client_id, client_secret } = JSON.parse((await answered(`${sandbox}/_sandbox/credentials`)).text)
    const switches = JSON.stringify({ rate_limit: 1_000_000 })
    await ask(`${sandbox}/_sandbox/switches`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: switches })
    const settings = {
      PD_CLIENT_ID: client_id,
      PD_CLIENT_SECRET: client_secret,
      PD_IDENTITY_URL: sandbox,
      PD_API_URL: sandbox,
      PD_EU_API_URL: `http://127.0.0.1:${at + 1}`,
    }
    await alone({ settings, port }, async ({ origin, pid }) => {
      await answered(`${origin}/`)
      await sleep(2_000)
      console.log(`resident, idle: ${resident(pid)} MiB`)
      const began = performance.now()
      let next = 0
      const person = async () => {
        while (next < SIGN_INS) await signIn(origin, `${PEOPLE[next++ % PEOPLE.length]}@acme.example`)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, person))
      const seconds = (performance.now() - began) / 1000
      console.log(`${SIGN_INS} sign-ins in ${Math.round(seconds)} s, ${Math.round(SIGN_INS / seconds)} a second, with PagerDuty and browsers on the same machine`)
      console.log(`resident, after them: ${resident(pid)} MiB`)
      await sleep(60_000)
      console.log(`resident, a minute later: ${resident(pid)} MiB`)
    })
  })
}

// What a browser does, with all its redirects, up to the session's cookie.
async function signIn(origin, email) {
  const own = { origin, 'sec-fetch-site': 'same-origin' }
  const begun = await ask(`${origin}/api/begin_connect`, { method: 'POST', headers: own, form: {} })
  const authorize = begun.headers.location
  const cookie = begun.headers['set-cookie'].map(line => line.split(';')[0]).join('; ')
  const id = /name="request" value="([^"]*)"/.exec((await ask(authorize)).text)[1]
  await ask(new URL('/oauth/authorize/login', authorize), { method: 'POST', form: { request: id, email, password: 'any' } })
  const consent = { request: id, decision: 'consent' }
  const back = await ask(new URL('/oauth/authorize/consent', authorize), { method: 'POST', form: consent })
  const ended = await ask(back.headers.location, { headers: { cookie, 'sec-fetch-site': 'cross-site' } })
  if (ended.headers.location !== '/welcome') throw new Error(`${email}: ${ended.status} ${ended.text}`)
}

// Runs the file in a folder where nothing else is, until `use` is done.
async function alone({ settings = {}, args = [], port }, use) {
  port ??= await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'pdconnect-alone-'))
  copyFileSync(file, join(folder, 'pdconnect'))
  const child = spawn(join(folder, 'pdconnect'), args, {
    cwd: folder,
    env: { PORT: String(port), RUST_LOG: 'warn', ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise(done => child.on('exit', done))
  const gone = ended.then(code => Promise.reject(new Error(`it ended with ${code} before it was asked to`)))
  gone.catch(() => {})
  try {
    await Promise.race([use({ origin: `http://localhost:${port}`, folder, pid: child.pid }), gone])
  } finally {
    child.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

async function answered(url) {
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      const reply = await ask(url)
      if (reply.status === 200) return reply
      throw new Error(`${url}: ${reply.status}`)
    } catch (error) {
      if (error.code !== 'ECONNREFUSED' || Date.now() > deadline) throw error
      await sleep(2)
    }
  }
}

async function ask(url, { method = 'GET', headers = {}, form, body } = {}) {
  if (form) {
    body = new URLSearchParams(form).toString()
    headers = { ...headers, 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length }
  }
  const response = await new Promise((done, fail) =>
    request(url, { method, headers, agent, family: 4 }, done).on('error', fail).end(body))
  const chunks = []
  for await (const chunk of response) chunks.push(chunk)
  const sent = Buffer.concat(chunks)
  return { status: response.statusCode, headers: response.headers, bytes: sent.length, text: sent.toString() }
}

function resident(pid) {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]
  return Math.round(kilobytes / 1024)
}

// A sandbox takes the next one too.
function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer().on('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => done(port))
    })
  })
}
