import { Program } from './program'

export interface Recorded {
  method: string
  path: string
  query: string | null
  headers: [string, string][]
  body: string
  status: number | null
}

export interface Token {
  kind: 'access' | 'refresh' | 'app'
  user: string | null
  region: string
  revoked: boolean
}

export interface Fault {
  method?: string
  path?: string
  grant_type?: string
  times?: number
  delay_ms?: number
  reset?: 'before' | 'after'
  status?: number
  headers?: Record<string, string>
  body?: string
}

/** For `times`: until the next reset. */
export const ALWAYS = 4294967295

/** The stand-in for PagerDuty, in a process of its own, and its control plane. */
export class Sandbox {
  private constructor(
    private readonly program: Program,
    readonly identityUrl: string,
    readonly euApiUrl: string,
    readonly credentials: { client_id: string; client_secret: string },
  ) {}

  static async start(folder: string, redirectUrl: string, ...more: string[]): Promise<Sandbox> {
    const args = ['sandbox', '--listen', '127.0.0.1:0', '--redirect-url', redirectUrl, ...more]
    const program = await Program.start(args, folder, {}, /_sandbox\/credentials/)
    const at = /→ (http:\S+)/.exec(program.output)?.[1] ?? ''
    const ask = async <T>(path: string) => (await (await fetch(`${at}/_sandbox/${path}`)).json()) as T
    const { eu_api_url } = await ask<{ eu_api_url: string }>('addresses')
    return new Sandbox(program, at, eu_api_url, await ask('credentials'))
  }

  /** Everything a client can be pointed at. */
  get origins(): string[] {
    return [this.identityUrl, this.euApiUrl].map(address => new URL(address).origin)
  }

  /** Tokens, requests, faults, switches and clock as at the start. */
  async reset(): Promise<void> {
    await this.control('POST', 'reset')
  }

  async fault(fault: Fault): Promise<void> {
    await this.control('POST', 'faults', fault)
  }

  async clearFaults(): Promise<void> {
    await this.control('DELETE', 'faults')
  }

  /** PagerDuty no longer takes any access token it has given. */
  async expire(): Promise<void> {
    await this.control('POST', 'expire')
  }

  /** As if this person, or an admin, had withdrawn the app's access at PagerDuty. */
  async revoke(email: string): Promise<void> {
    await this.control('POST', 'revoke', { email })
  }

  async switches(changes: Record<string, unknown>): Promise<void> {
    await this.control('PATCH', 'switches', changes)
  }

  async addRedirectUrl(url: string): Promise<void> {
    await this.control('POST', 'redirect-urls', { url })
  }

  async requests(): Promise<Recorded[]> {
    return (await this.control<{ requests: Recorded[] }>('GET', 'requests')).requests
  }

  async tokens(): Promise<Token[]> {
    return (await this.control<{ tokens: Token[] }>('GET', 'tokens')).tokens
  }

  /** Agrees to an authorize request without a browser, and says where PagerDuty would send it. */
  async callbackFor(authorizeUrl: string, email: string): Promise<string> {
    await this.switches({ consent_as: email })
    const answer = await fetch(authorizeUrl, { redirect: 'manual' })
    await this.switches({ consent_as: null })
    const location = answer.headers.get('location')
    if (!location) throw new Error(`No redirect from ${authorizeUrl}: ${answer.status}`)
    return location
  }

  stop(): Promise<void> {
    return this.program.stop()
  }

  private async control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.identityUrl}/_sandbox/${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} /_sandbox/${path}: ${answer.status} ${text}`)
    return (text ? JSON.parse(text) : undefined) as T
  }
}
