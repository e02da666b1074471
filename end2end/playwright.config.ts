import { defineConfig, devices } from '@playwright/test'

// Run by `make e2e`, which builds the program and says where things are:
//   PDCONNECT_PROGRAM   the program; each spec's fixture starts its own, on free ports, and knows its address
//   LEPTOS_SITE_ROOT    the site it serves
//   CHROMIUM_PATH       the browser of this machine; without it, Playwright's own
const browser = {
  ...devices['Desktop Chrome'],
  launchOptions: {
    executablePath: process.env.CHROMIUM_PATH || undefined,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Chromium refuses to start its sandbox as root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  },
}

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results',
  fullyParallel: true,
  workers: 2,
  // A shared CI machine can stall for seconds. A test that needed its second try is reported as flaky.
  retries: process.env.CI ? 1 : 0,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  forbidOnly: !!process.env.CI,
  reporter: 'list',
  use: {
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    locale: 'en-GB',
    timezoneId: 'UTC',
  },
  projects: [
    { name: 'hydrated', use: browser },
    { name: 'no-js', use: { ...browser, javaScriptEnabled: false } },
  ],
})
