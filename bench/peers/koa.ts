import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa from 'koa';
import { open } from '../../src/store/open.ts';
import { serving } from '../support/child.ts';

/** The same two requests over the same store, as one writes them in plain Koa with @koa/router. */
const store = open('memory:');
const epoch = await store.epoch();
const router = new Router();

router.get('/api/rooms/:room/messages', async ctx => {
  const { room } = ctx.params as { room: string };
  const limit = Number(ctx.query.limit ?? 50);
  const after = ctx.query.after === undefined ? {} : { after: Number(String(ctx.query.after).split(':')[1]) };
  const { messages, last } = await store.read(room, { ...after, limit });
  const cursor = `${epoch}:${messages.at(-1)?.seq ?? last}`;
  ctx.body = { messages: messages.map(({ time, ...message }) => message), cursor, gap: false };
});

router.post('/api/rooms/:room/messages', async ctx => {
  const { room } = ctx.params as { room: string };
  let body = '';
  for await (const chunk of ctx.req) body += chunk;
  const { author, text } = JSON.parse(body);
  if (typeof text !== 'string' || text.trim() === '') ctx.throw(422, 'a post needs a text');
  const { message } = await store.append({ room, author, text: text.trim() });
  const { time, ...sent } = message;
  ctx.status = 201;
  ctx.body = sent;
});

const server = new Koa()
  .use(router.routes())
  .use(router.allowedMethods())
  .listen(0, '127.0.0.1', () => {
    serving((server.address() as AddressInfo).port);
  });
