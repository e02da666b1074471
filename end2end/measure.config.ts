import { defineConfig } from '@playwright/test'
import tests from './playwright.config'

// `make pages`: figures, and no judgement on them. Machines differ.
export default defineConfig({
  ...tests,
  testMatch: '**/*.measure.ts',
  workers: 1,
  retries: 0,
  timeout: 180_000,
  projects: tests.projects?.filter(project => project.name === 'hydrated'),
})
