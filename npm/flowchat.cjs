#!/usr/bin/env node
// The command `flowchat`, of the installed package and of a checkout. CommonJS, so that an old Node reads it and gets a sentence.
require('../src/node24.cjs');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const inside = path => join(__dirname, '..', path);
const GRAPH = 'graphs/chat.fbp';

// Who has no graph here starts with the package's own.
process.env.GRAPH ||= existsSync(GRAPH) ? GRAPH : inside(GRAPH);
// The packed archive has JavaScript in place of TypeScript, which Node takes nowhere below node_modules.
const main = ['src/main.js', 'src/main.ts'].map(inside).find(existsSync);
import(main).then(({ command }) => command(process.argv.slice(2)));
