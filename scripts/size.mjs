// What a browser downloads until the connect page is interactive: the page,
// and everything it loads before its forms and links are alive. The release
// build is started and asked as a browser asks, with brotli accepted; the
// bytes counted are those of the response bodies, as sent.
//
// Fails above the budget in scripts/size-budget, when a folder of the machine
// that built the Wasm is named in it, and when it holds what is the server's.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

const { PDCONNECT_PROGRAM: program, LEPTOS_SITE_ROOT: site } = process.env
const budget = Number(readFileSync(new URL('size-budget', import.meta.url), 'utf8'))

const port = await freePort()
const origin = `http://localhost:${port}`
const folder = mkdtempSync(join(tmpdir(), 'pdconnect-size-'))
const server = spawn(program, [], {
  cwd: folder,
  env: {
    ...process.env,
    PORT: String(port),
    PUBLIC_URL: origin,
    DATABASE_URL: `sqlite://${folder}/size.db`,
    VAULT_KEY_FILE: `${folder}/vault.key`,
  },
  stdio: ['ignore', 'ignore', 'inherit'],
})
const gone = new Promise((_, reject) => {
  server.on('error', reject)
  server.on('exit', code => reject(new Error(`${program} ended with ${code} before it answered`)))
})
gone.catch(() => {})

try {
  const files = await Promise.race([measure(), gone])
  const total = report(files)
  const paths = foldersInWasm()
  if (total > budget) fail(`${total} bytes are more than the budget of ${budget} (scripts/size-budget).`)
  if (paths.length) fail(`The Wasm names folders of this machine: ${paths.slice(0, 3).join(', ')}`)
  const server = onlyOfTheServer()
  if (server.length) fail(`What belongs to the server alone is public: ${server.join(', ')}`)
} finally {
  server.kill()
  rmSync(folder, { recursive: true, force: true })
}

async function measure() {
  const page = await answered(`${origin}/`)
  const files = [{ what: 'HTML', name: '/', ...page }]
  for (const [what, path] of referenced(page.text)) {
    files.push({ what, name: path, ...(await fetchRaw(new URL(path, origin))) })
  }
  for (const file of files) {
    if (file.status !== 200) throw new Error(`${file.name} answered ${file.status}`)
  }
  for (const what of ['JavaScript', 'Wasm', 'CSS']) {
    if (!files.some(file => file.what === what)) throw new Error(`The page loads no ${what}.`)
  }
  return files
}

// Paths on the page that a browser loads by itself: links of the head, scripts,
// pictures, and what the bootstrap script imports.
function referenced(html) {
  const found = new Map()
  const kinds = { js: 'JavaScript', mjs: 'JavaScript', wasm: 'Wasm', css: 'CSS', woff2: 'Font' }
  const add = path => {
    const clean = path.replaceAll('&amp;', '&')
    const kind = kinds[clean.split('?')[0].split('.').pop()] ?? 'Picture'
    if (clean.startsWith('/') && !clean.startsWith('//')) found.set(clean, kind)
  }
  for (const [tag] of html.matchAll(/<link\b[^>]*>/g)) {
    const rel = /\brel="?([^">]*)/.exec(tag)?.[1] ?? ''
    const href = /\bhref="?([^"> ]*)/.exec(tag)?.[1]
    if (href && /stylesheet|preload|icon/.test(rel)) add(href)
  }
  for (const [, src] of html.matchAll(/<(?:script|img)\b[^>]*?\bsrc="?([^"> ]*)/g)) add(src)
  for (const [script] of html.matchAll(/<script\b[^>]*>[^]*?<\/script>/g)) {
    for (const [, path] of script.matchAll(/["'`](\/[\w./-]+\.(?:m?js|wasm))["'`]/g)) add(path)
  }
  // Where the names are put together by the script, they still are those of the site.
  for (const file of readdirSync(join(site, 'pkg'))) {
    if (/\.(js|wasm)$/.test(file) && !file.startsWith('__')) add(`/pkg/${file}`)
  }
  return [...found].map(([path, kind]) => [kind, path])
}

function report(files) {
  const kinds = [...new Set(files.map(file => file.what))]
  const row = (what, sent, plain, note = '') =>
    console.log(`  ${what.padEnd(12)}${String(sent).padStart(8)}${String(plain).padStart(10)}  ${note}`.trimEnd())
  console.log('Until the connect page is interactive a browser downloads:\n')
  console.log('                 bytes    unpacked')
  for (const what of kinds) {
    const own = files.filter(file => file.what === what)
    row(what, sum(own, 'bytes'), sum(own, 'plain'), own.map(f => `${f.name} (${f.encoding ?? 'not compressed'})`).join(', '))
    if (what === 'Wasm') wasmSections(own[0].body).forEach(([name, size]) => console.log(`    of which ${name}: ${size} unpacked`))
  }
  const total = sum(files, 'bytes')
  row('all', total, sum(files, 'plain'), `budget ${budget}, ${Math.round((total / budget) * 100)} % used`)
  return total
}

// Code and constant data are all that should be left in the Wasm.
function wasmSections(wasm) {
  const names = { 1: 'types', 3: 'function table', 6: 'globals', 7: 'exports', 9: 'elements', 10: 'code', 11: 'constant data' }
  const sections = []
  let at = 8
  const leb = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++]
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  while (at < wasm.length) {
    const id = wasm[at++]
    const size = leb()
    sections.push([names[id] ?? (id === 0 ? 'custom sections' : 'imports and others'), size])
    at += size
  }
  const grouped = new Map()
  for (const [name, size] of sections) grouped.set(name, (grouped.get(name) ?? 0) + size)
  return [...grouped].sort((a, b) => b[1] - a[1]).slice(0, 4)
}

// Strings lie in the Wasm without anything between them, so a path can begin anywhere.
function foldersInWasm() {
  const here = [homedir(), process.cwd(), process.env.CARGO_HOME, process.env.RUSTUP_HOME]
  const folders = here.filter(path => path && path !== '/').map(path => `${path}/`)
  const wasm = readdirSync(join(site, 'pkg')).filter(file => file.endsWith('.wasm'))
  const text = wasm.map(file => readFileSync(join(site, 'pkg', file), 'latin1')).join('\n')
  return folders.flatMap(folder => {
    const at = text.indexOf(folder)
    return at < 0 ? [] : [text.slice(at, at + 80).replace(/[^ -~][^]*/, '')]
  })
}

// Nothing but the glue, the Wasm and the styles is shipped, no source map, and
// no word that only code of the server holds.
function onlyOfTheServer() {
  const files = readdirSync(join(site, 'pkg'))
  const strange = files.filter(file => !/\.(js|wasm|css)(\.br|\.gz)?$/.test(file))
  const words = ['client_secret', 'code_verifier', 'SELECT ', 'INSERT INTO', 'sourceMappingURL']
  const text = files.filter(f => /\.(js|wasm)$/.test(f)).map(f => readFileSync(join(site, 'pkg', f), 'latin1')).join('\n')
  return [...strange, ...words.filter(word => text.includes(word))]
}

async function answered(url) {
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      return await fetchRaw(new URL(url))
    } catch (error) {
      if (error.code !== 'ECONNREFUSED' || Date.now() > deadline) throw error
      await new Promise(done => setTimeout(done, 50))
    }
  }
}

async function fetchRaw(url) {
  const { brotliDecompressSync, gunzipSync } = await import('node:zlib')
  const response = await new Promise((done, reject) =>
    get(url, { family: 4, headers: { 'accept-encoding': 'br, gzip', accept: 'text/html,*/*' } }, done).on('error', reject))
  const chunks = []
  for await (const chunk of response) chunks.push(chunk)
  const sent = Buffer.concat(chunks)
  const encoding = response.headers['content-encoding']
  const body = encoding === 'br' ? brotliDecompressSync(sent) : encoding === 'gzip' ? gunzipSync(sent) : sent
  return { status: response.statusCode, encoding, bytes: sent.length, plain: body.length, body, text: body.toString() }
}

function freePort() {
  return new Promise((done, reject) => {
    const probe = createServer().on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => done(port))
    })
  })
}

function sum(files, key) {
  return files.reduce((all, file) => all + file[key], 0)
}

function fail(message) {
  console.error(`\n✘ ${message}`)
  process.exitCode = 1
}
