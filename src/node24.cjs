// Preloaded by npm's scripts: an old Node gets a sentence instead of a syntax error.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `flowchat needs Node 24 or newer, and this is Node ${process.versions.node}. ` +
      'Install Node 24, or run "npm ci" with the development dependencies, which bring it along.',
  );
  process.exit(1);
}
