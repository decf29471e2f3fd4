// Preloaded by npm's scripts: an old Node gets a sentence instead of a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 9)) {
  console.error(
    `flowchat needs Node 24.9 or newer, and this is Node ${process.versions.node}; ` +
      'install Node 24, or run "npm ci" with the development dependencies, which bring it along.',
  );
  process.exit(1);
}
// A start takes half as long where Node finds what an earlier one has compiled; where the folder can't be written, it goes without.
// By the environment, so that threads find it, too; by relative paths, so that a copy of the project does.
process.env.NODE_COMPILE_CACHE ??= require('node:path').join(__dirname, '../node_modules/.cache/compiled');
process.env.NODE_COMPILE_CACHE_PORTABLE ??= '1';
require('node:module').enableCompileCache();
