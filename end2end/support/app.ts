import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Program, freePort } from './program'
import type { Sandbox } from './sandbox'

/** PagerDuty lets a connection be renewed for so long, in seconds. */
const YEAR = 365 * 24 * 3600

/** A line of the server's log. */
export interface Event {
  event?: string
  [field: string]: unknown
}

/** The app, in a process of its own, on a database of its own. */
export class App {
  private constructor(
    readonly origin: string,
    private readonly folder: string,
    private readonly settings: Record<string, string>,
    private program: Program,
    private earlier = '',
  ) {}

  /** Where an app will be, so that the sandbox can be told before it starts. */
  static async place(): Promise<{ port: number; redirectUrl: string }> {
    const port = await freePort()
    return { port, redirectUrl: `http://localhost:${port}/callback` }
  }

  static async start(folder: string, port: number, sandbox: Sandbox, other: Record<string, string> = {}): Promise<App> {
    const settings = {
      PORT: String(port),
      DATABASE_URL: `sqlite:${join(folder, 'app.db')}`,
      VAULT_KEY_FILE: join(folder, 'vault.key'),
      ...App.at(sandbox),
      ...other,
    }
    return new App(`http://localhost:${port}`, folder, settings, await launch(folder, settings))
  }

  /** An app that nobody has set up, but for where its PagerDuty is. */
  static async fresh(folder: string, port: number, sandbox: Sandbox): Promise<App> {
    const settings = { PORT: String(port), ...App.hosts(sandbox) }
    return new App(`http://localhost:${port}`, folder, settings, await launch(folder, settings))
  }

  /** The settings of an app whose PagerDuty is this sandbox. */
  static at(sandbox: Sandbox): Record<string, string> {
    return {
      PD_CLIENT_ID: sandbox.credentials.client_id,
      PD_CLIENT_SECRET: sandbox.credentials.client_secret,
      ...App.hosts(sandbox),
    }
  }

  private static hosts(sandbox: Sandbox): Record<string, string> {
    return { PD_IDENTITY_URL: sandbox.identityUrl, PD_API_URL: sandbox.identityUrl, PD_EU_API_URL: sandbox.euApiUrl }
  }

  /** Stops it, and starts it again on the same files. */
  async restart(meanwhile: () => void | Promise<void> = () => {}): Promise<void> {
    await this.stop()
    this.earlier += this.program.output
    await meanwhile()
    this.program = await launch(this.folder, this.settings)
  }

  stop(): Promise<void> {
    return this.program.stop()
  }

  /** Ends it where it stands; `restart` starts it again. */
  kill(): Promise<void> {
    return this.program.kill()
  }

  /** Everything it wrote since it was first started. */
  get log(): string {
    return this.earlier + this.program.output
  }

  /** The lines of its log about one kind of event. */
  events(event: string): Event[] {
    return this.log.split('\n').flatMap(line => {
      if (!line.startsWith('{')) return []
      const read = JSON.parse(line) as Event
      return read.event === event ? [read] : []
    })
  }

  /** Makes every sign-in under way older. */
  ageAttempts(seconds: number): Promise<void> {
    return this.moveBack(seconds, (bytes, at) => (isRecent(bytes.readUInt32BE(at)) ? [at] : []))
  }

  /**
   * Makes every connection of the last seconds older, and its access token end earlier. Five times stand side by side:
   * when it was made and renewed, when the access token ends, when it ends unused, and when PagerDuty asks again.
   */
  ageConnections(seconds: number): Promise<void> {
    return this.moveBack(seconds, (bytes, at) => {
      if (at + 20 > bytes.length) return []
      const [connected, renewed, asksAgain] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4), bytes.readUInt32BE(at + 16)]
      return isRecent(connected) && isRecent(renewed) && asksAgain === connected + YEAR ? [at, at + 4, at + 8] : []
    })
  }

  /**
   * The program's clock cannot be moved from outside, so the times it has written down are moved instead: SQLite keeps
   * them as four bytes, the highest first.
   */
  private async moveBack(seconds: number, timesAt: (bytes: Buffer, at: number) => number[]): Promise<void> {
    await this.restart(async () => {
      const file = join(this.folder, 'app.db')
      // What a stop on a slow disk has left beside the file: whoever opens it next takes it in.
      if (existsSync(`${file}-wal`)) await Program.run(['identities'], this.folder, this.settings)
      const bytes = readFileSync(file)
      const times = new Set<number>()
      for (let at = 0; at + 4 <= bytes.length; at++) for (const found of timesAt(bytes, at)) times.add(found)
      if (!times.size) throw new Error('Nothing of the last seconds is in the database.')
      for (const at of times) bytes.writeUInt32BE(bytes.readUInt32BE(at) - seconds, at)
      writeFileSync(file, bytes)
    })
  }
}

function isRecent(time: number): boolean {
  const ago = Date.now() / 1000 - time
  return ago < 30 && ago > -5
}

function launch(folder: string, settings: Record<string, string>): Promise<Program> {
  return Program.start(['serve'], folder, settings, /→ https?:\/\/localhost:/)
}
