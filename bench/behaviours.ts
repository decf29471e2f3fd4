import { readFileSync, writeFileSync } from 'node:fs';
import { wordFinder } from '../src/behaviour/words.ts';
import { child } from './support/child.ts';
import { compare } from './support/compare.ts';
import { unlimited } from './support/graph.ts';
import { judged, median, type Row } from './support/table.ts';

export const title =
  'what behaviour without code costs: a post through five bricks against one without, and 10,000 words';

const TEXT = 'What does it cost? Let us see, with a post as people write th3m, of about a hundred characters.';
const body = JSON.stringify({ author: 'ann', text: TEXT });
const REQUEST = `POST /api/rooms/posts/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const LINE = 'sender(chat/SendController) OUT -> IN check';
const BRICKS = `sender(chat/SendController) OUT -> IN news(chat/Select) ELSE -> IN time(chat/Match) ELSE -> IN filter(chat/Words) OUT -> IN slow(chat/Count) OUT -> IN mark(chat/Set) OUT -> IN check`;
const SETTINGS = `
no(chat/Refuse) OUT -> IN responder
news MATCH -> IN no
time MATCH -> IN no
filter FOUND -> IN no
slow OVER -> IN no
'no' -> DETAIL no
'room' -> FIELD news
'news, dev-*' -> VALUES news
'!time' -> PATTERN time
'bad, worse, worst' -> WORDS filter
'1000' -> MOST slow
'10 ms' -> WITHIN slow
'text: {{text}}' -> FIELDS mark
`;

/** chat.fbp with five bricks between sender and check. */
function withBricks(): string {
  const file = unlimited({ STORE: 'memory:' });
  writeFileSync(file, readFileSync(file, 'utf8').replace(LINE, BRICKS) + SETTINGS);
  return file;
}

/** Microseconds that a list of 10,000 words costs per post. */
function wordsRow(): Row {
  const find = wordFinder(
    Array.from({ length: 10_000 }, (_, i) => `w${(i * 7919).toString(36)}x`),
    [],
  );
  const rounds = Array.from({ length: 9 }, () => {
    const start = process.cpuUsage();
    for (let i = 0; i < 10_000; i++) find(TEXT);
    return process.cpuUsage(start).user / 10_000;
  });
  return judged({ what: '10,000 words', 'CPU µs': Number(median(rounds).toFixed(1)) }, { most: { 'CPU µs': 50 } });
}

export async function* run(): AsyncIterable<readonly Row[]> {
  yield [wordsRow()];
  const peers = {
    'without bricks': await child('flowchat', { GRAPH: unlimited({ STORE: 'memory:' }) }),
    'five bricks': await child('flowchat', { GRAPH: withBricks() }),
  };
  try {
    const [base, bricks] = await compare({ name: 'post', text: REQUEST }, peers);
    yield [base!, judged(bricks!, { most: { 'of without bricks': 1.3 } })];
  } finally {
    for (const peer of Object.values(peers)) await peer.stop();
  }
}
