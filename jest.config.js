import { availableParallelism } from 'node:os';

const common = {
  // Specs import what they use.
  injectGlobals: false,
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.tsx?$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
};

const project = (displayName, more = {}) => ({
  ...common,
  displayName,
  testMatch: [`<rootDir>/spec/${displayName}/**/*.spec.ts`],
  // As `isLong` of spec/support/long.ts.
  testPathIgnorePatterns: process.env.LONG === 'yes' ? [] : ['\\.long\\.spec\\.ts$'],
  ...more,
});

/** What needs the pages. */
const pages = { globalSetup: '<rootDir>/spec/support/setup.ts' };

/** What runs in Node's own modules: Jest takes as long to load what short specs test as they run. */
const native = {
  runtime: '<rootDir>/spec/support/native-runtime.js',
  testEnvironment: '<rootDir>/spec/support/native-environment.js',
};

/** What opens the pages in a browser. */
const browser = { ...pages, ...native, testEnvironment: '<rootDir>/spec/support/browser-environment.js' };

export default {
  // However busy the machine is.
  testTimeout: 60_000,
  // Servers and browsers of a test run beside its worker, which then waits. Jest takes '150%' for 150 workers.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testSequencer: '<rootDir>/spec/support/sequencer.js',
  // Jest keeps each spec's modules, and a large heap is slow.
  workerIdleMemoryLimit: '512MB',
  // A worker with a large heap takes longer than the usual half second to end on a busy machine.
  workerGracefulExitTimeout: 10_000,
  projects: [
    project('unit', {
      // A component that somebody adds may have its spec beside its YAML.
      testMatch: ['<rootDir>/spec/*.spec.ts', '<rootDir>/spec/unit/**/*.spec.ts'],
      ...native,
    }),
    project('server', { ...pages, ...native }),
    project('page', browser),
    project('slow', { ...pages, ...native }),
  ],
};
