import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Program, freePort } from './program'
import type { Sandbox } from './sandbox'

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
      PD_CLIENT_ID: sandbox.credentials.client_id,
      PD_CLIENT_SECRET: sandbox.credentials.client_secret,
      PD_IDENTITY_URL: sandbox.identityUrl,
      PD_API_URL: sandbox.identityUrl,
      PD_EU_API_URL: sandbox.euApiUrl,
      ...other,
    }
    return new App(`http://localhost:${port}`, folder, settings, await launch(folder, settings))
  }

  /** Stops it, and starts it again on the same files. */
  async restart(meanwhile: () => void = () => {}): Promise<void> {
    await this.stop()
    this.earlier += this.program.output
    meanwhile()
    this.program = await launch(this.folder, this.settings)
  }

  stop(): Promise<void> {
    return this.program.stop()
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

  /**
   * Makes every sign-in under way older. The program's clock cannot be moved from outside, so the time at which the
   * sign-in began is moved instead: SQLite keeps it as four bytes, the highest first.
   */
  async ageAttempts(seconds: number): Promise<void> {
    const now = Math.floor(Date.now() / 1000)
    await this.restart(() => {
      const file = join(this.folder, 'app.db')
      const bytes = readFileSync(file)
      let moved = 0
      for (let at = 0; at + 4 <= bytes.length; at++) {
        const time = bytes.readUInt32BE(at)
        if (time <= now - 30 || time > now + 5) continue
        bytes.writeUInt32BE(time - seconds, at)
        moved++
      }
      if (!moved) throw new Error('No sign-in of the last seconds is in the database.')
      writeFileSync(file, bytes)
    })
  }
}

function launch(folder: string, settings: Record<string, string>): Promise<Program> {
  return Program.start(['serve'], folder, settings, /→ http:\/\/localhost:/)
}
