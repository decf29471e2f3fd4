export default {
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  maxWorkers: '100%',
  // Jest keeps each spec's modules, and a large heap is slow.
  workerIdleMemoryLimit: '512MB',
  globalSetup: '<rootDir>/spec/support/setup.ts',
  globalTeardown: '<rootDir>/spec/support/teardown.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.tsx?$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
};
