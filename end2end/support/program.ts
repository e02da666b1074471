import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'

const path = process.env.PDCONNECT_PROGRAM ?? ''

/** The program under test, running with one of its commands. */
export class Program {
  /** Everything it has written, to standard output and standard error. */
  output = ''
  private readonly child: ChildProcess
  private readonly ended: Promise<void>

  private constructor(args: string[], folder: string, settings: Record<string, string>) {
    if (!path) throw new Error('PDCONNECT_PROGRAM does not say where the program is: use `make e2e`.')
    const { PATH = '', HOME = '', LEPTOS_SITE_ROOT = '' } = process.env
    this.child = spawn(path, args, { cwd: folder, env: { PATH, HOME, LEPTOS_SITE_ROOT, RUST_LOG: 'info', ...settings } })
    const keep = (text: Buffer) => (this.output += text.toString())
    this.child.stdout?.on('data', keep)
    this.child.stderr?.on('data', keep)
    this.ended = new Promise(done => this.child.on('close', () => done()).on('error', () => done()))
    const kill = () => this.child.kill('SIGKILL')
    process.on('exit', kill)
    void this.ended.then(() => process.off('exit', kill))
  }

  /** Starts it and waits until it has said what it says when it is ready. */
  static async start(args: string[], folder: string, settings: Record<string, string>, ready: RegExp): Promise<Program> {
    const program = new Program(args, folder, settings)
    let over = false
    void program.ended.then(() => (over = true))
    const deadline = Date.now() + 20_000
    while (!ready.test(program.output)) {
      if (over) throw new Error(`pdconnect ${args.join(' ')} ended before it was ready:\n${program.output}`)
      if (Date.now() > deadline) throw new Error(`pdconnect ${args.join(' ')} is not ready:\n${program.output}`)
      await new Promise(done => setTimeout(done, 20))
    }
    return program
  }

  /** Runs it to its end. */
  static run(args: string[], folder: string, settings: Record<string, string>): Promise<void> {
    return new Program(args, folder, settings).ended
  }

  /** Asks it to stop and waits until it has. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM')
    await this.ended
  }

  /** Ends it where it stands. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer().on('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const at = probe.address()
      probe.close(() => (at && typeof at === 'object' ? done(at.port) : fail(new Error('no port'))))
    })
  })
}
