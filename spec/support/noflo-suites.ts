import noflo from 'noflo';
import { shortenPath } from '../../src/runtime/short-path.ts';

// Runs tests of NoFlo's own, named as arguments, with the short path in each component that has a process function.

const { Component, ComponentLoader } = noflo;
const home = import.meta.resolve('noflo');
const subgraph = await import(new URL('../components/Graph.js', home).href);

const { process: begin } = Component.prototype;
Component.prototype.process = function (handle) {
  begin.call(this, handle);
  shortenPath(this);
  return this;
};

// NoFlo's own way to find components needs an older TypeScript.
ComponentLoader.prototype.listComponents = async function () {
  if (!this.ready) this.components = { Graph: subgraph.getComponent };
  this.ready = true;
  return this.components!;
};

for (const name of process.argv.slice(2)) await import(new URL(`../../spec/${name}.mjs`, home).href);
