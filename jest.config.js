export default {
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  globalSetup: '<rootDir>/spec/support/setup.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.tsx?$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
};
