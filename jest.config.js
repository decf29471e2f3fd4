export default {
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  maxWorkers: '100%',
  globalSetup: '<rootDir>/spec/support/setup.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.tsx?$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
};
