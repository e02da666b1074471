import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from '@playwright/test'
import { App } from './app'
import { freePort } from './program'
import type { Sandbox } from './sandbox'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Three of the app over one PostgreSQL, behind nginx with TLS: as OPERATIONS.md says. */
export class Front {
  private constructor(
    readonly origin: string,
    readonly replicas: readonly [App, App, App],
    private readonly nginx: ChildProcess,
    private readonly postgres: Postgres,
  ) {}

  static async start(folder: string, sandbox: Sandbox): Promise<Front> {
    const port = await freePort()
    const origin = `https://localhost:${port}`
    await sandbox.addRedirectUrl(`${origin}/callback`)
    const postgres = new Postgres()
    const settings = {
      ...App.at(sandbox),
      PUBLIC_URL: origin,
      TRUSTED_PROXIES: '127.0.0.1',
      DATABASE_URL: postgres.url,
      VAULT_KEY_FILE: join(folder, 'vault.key'),
    }
    const ports: number[] = []
    const replica = async () => {
      const port = await freePort()
      ports.push(port)
      const own = join(folder, String(port))
      mkdirSync(own)
      return App.start(own, port, sandbox, settings)
    }
    // The first makes the key.
    const replicas = [await replica(), await replica(), await replica()] as const
    return new Front(origin, replicas, await nginx(folder, port, ports), postgres)
  }

  async stop(): Promise<void> {
    const ended = new Promise(done => this.nginx.on('exit', done))
    this.nginx.kill()
    await Promise.all([ended, ...this.replicas.map(app => app.stop())])
    this.postgres.stop()
  }
}

/** One to throw away. It is not in the folder of the test, which may be closed to the user that PostgreSQL runs as. */
class Postgres {
  private readonly folder = mkdtempSync(join(tmpdir(), 'pdconnect-postgres-'))
  readonly url = execFileSync(join(root, 'scripts/postgres'), ['start', this.folder], { encoding: 'utf8' }).trim()
  private readonly end = () => this.stop()

  constructor() {
    process.on('exit', this.end)
  }

  stop(): void {
    process.off('exit', this.end)
    execFileSync(join(root, 'scripts/postgres'), ['stop', this.folder, 'immediate'])
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function nginx(folder: string, port: number, replicas: number[]): Promise<ChildProcess> {
  const args = [join(root, 'server/deploy/nginx.conf'), folder, port, await freePort(), ...replicas].map(String)
  const child = spawn(join(root, 'scripts/nginx'), args, { stdio: ['ignore', 'ignore', 'inherit'] })
  // Its first process ends the others.
  const end = () => child.kill()
  process.on('exit', end)
  child.on('exit', () => process.off('exit', end))
  await expect.poll(() => takesConnections(port), 'nginx takes connections').toBe(true)
  return child
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise(done => {
    const probe = connect(port, '127.0.0.1').on('error', () => done(false))
    probe.on('connect', () => {
      probe.destroy()
      done(true)
    })
  })
}
