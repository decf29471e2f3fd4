import { Component, IP } from 'noflo';
import { type Body, bodyOf } from '../src/behaviour/body.ts';
import { type NewDelivery, SECRET_TAG } from '../src/behaviour/delivery.ts';
import { type AnyPacket, fieldAt, isByBot, SERVER_FIELDS, withField } from '../src/behaviour/fields.ts';
import { outbox } from '../src/behaviour/outbox.ts';
import { secretName } from '../src/behaviour/secrets.ts';
import { isOn, settingsReader, wholeAt } from '../src/behaviour/settings.ts';
import type { Template } from '../src/behaviour/template.ts';
import { urlTemplate } from '../src/behaviour/url-template.ts';
import { refusal } from '../src/model/codes.ts';
import { MAX_BODY_BYTES } from '../src/model/limits.ts';
import { anyPacket, sameAs, setting, slow } from '../src/model/port-options.ts';
import { unaskedBy } from '../src/model/who.ts';
import { isIsolated } from '../src/store/open.ts';

const MAX_RETRIES = 30;

/** The delivery, as the settings describe it. */
interface Hook {
  readonly url: Template;
  readonly secret: string | undefined;
  readonly retries: number;
  readonly body: Body;
  readonly bots: boolean;
}

/** The default body by Standard Webhooks, without the server's own fields. */
const usual: Body = {
  type: 'application/json',
  write(packet) {
    const { at, ...fields } = Object(packet) as Readonly<Record<string, unknown>>;
    const data = Object.fromEntries(Object.entries(fields).filter(([name]) => !SERVER_FIELDS.includes(name)));
    const timestamp = typeof at === 'string' ? at : new Date().toISOString();
    return JSON.stringify({ type: String(fields.kind ?? 'packet'), timestamp, data });
  },
};

/** Whether no caller waits for an answer to a packet: it is a stored entry, or a node made it by itself. */
const isAside = ({ id, message }: AnyPacket) =>
  message !== undefined || typeof id !== 'string' || unaskedBy(id) !== undefined;

/**
 * Whether a packet is skipped: a bot's without a waiting caller, unless bots are enabled, or one of another process.
 */
function isLeftOut(packet: AnyPacket, bots: boolean): boolean {
  // Entries of other processes are delivered by their own nodes. Removals by the operator belong to no process, so
  // every process delivers them.
  const isElsewhere = packet.message !== undefined && packet.who === undefined && packet.kind !== 'remove';
  return isElsewhere || (!bots && isByBot(packet) && isAside(packet));
}

/** The delivery for a packet; undefined if it is skipped. Throws a sentence if it can't be delivered. */
export function deliveryOf(
  packet: AnyPacket,
  node: string,
  { url, secret, retries, body, bots }: Hook,
): NewDelivery | undefined {
  if (isLeftOut(packet, bots)) return;
  const text = body.write(packet);
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) throw new Error('BODY made more than 64 KiB; send less');
  const target = url(packet);
  if (secret === undefined && target.includes(SECRET_TAG)) throw new Error(`URL has ${SECRET_TAG}; name it at SECRET`);
  const said = isByBot(packet) ? Number(fieldAt(packet, ['who', 'hops']) ?? 1) : 0;
  const about = fieldAt(packet, ['message', 'id']);
  return {
    node,
    url: target,
    body: text,
    type: body.type,
    secret,
    hops: said + 1,
    packet,
    retries,
    ...(typeof about === 'string' && { about }),
  };
}

/** Delivers packets to other servers at least once. Pending deliveries survive revisions and restarts. */
export const getComponent = () => {
  let stop = () => {};
  const retriesAt = (value: unknown) => wholeAt('RETRIES', value, 0, MAX_RETRIES);
  const urlAt = (value: unknown) => urlTemplate(String(value), SECRET_TAG);
  const settings = {
    url: setting({
      datatype: 'string',
      title: 'URL',
      required: true,
      description: `Such as https://example.org/hook; ${SECRET_TAG} in its path stands for the secret`,
      check: urlAt,
    }),
    secret: setting({
      datatype: 'string',
      title: 'Secret',
      secret: true,
      description: `The name of the secret that signs it by Standard Webhooks, or stands in the URL at ${SECRET_TAG}`,
      check: (value: string) => secretName('SECRET', value),
    }),
    retries: setting({
      datatype: 'int',
      title: 'Tried again',
      unit: 'times',
      default: 12,
      description: 'After 5 s, then with growing pauses up to 12 h; 12 times take three days',
      check: retriesAt,
    }),
    body: setting({
      datatype: 'string',
      title: 'Body',
      lines: 'many',
      description:
        'A template, or JSON with templates in its texts, such as {"text": "{{message.text}}"}; without it {type, timestamp, data} with the packet as data',
      check: (value: string) => bodyOf(value),
    }),
    bots: setting({
      datatype: 'boolean',
      title: 'Bots too',
      default: false,
      description: 'Whether what bots say is delivered as well; two servers may answer each other then',
    }),
  };
  const read = settingsReader(
    settings,
    ({ url, secret, retries, body, bots }): Hook => ({
      url: urlAt(url),
      secret: secret === undefined ? undefined : secretName('SECRET', secret),
      retries: retriesAt(retries),
      body: body === undefined ? usual : bodyOf(String(body)),
      bots: isOn(bots),
    }),
  );
  const component: Component = new Component({
    description: 'Delivers packets to another server, at least once and in their order',
    icon: 'send',
    inPorts: { in: anyPacket('Packet, such as a message that was kept'), ...settings },
    outPorts: {
      sent: slow({
        ...sameAs('in', 'Packet that was delivered; the status of the answer comes as delivered'),
        open: 'what waits or has failed is in the outbox, which editors show',
      }),
      failed: slow({
        datatype: 'object',
        schema: 'chat/refusal',
        open: 'what has failed stays in the outbox, which editors show',
        description: 'Refusal 502: it was given up after all attempts, or the outbox is full',
      }),
    },
    process(input, output) {
      const hook = read(input);
      if (!hook) return;
      if (!input.hasData('in')) return output.done();
      const packet: AnyPacket = input.getData('in');
      const fail = ({ message }: Error) => output.sendDone({ failed: failure(packet, message) });
      try {
        const delivery = deliveryOf(packet, component.nodeId ?? 'webhook', hook);
        if (!delivery) return output.done();
        if (isIsolated()) throw new Error('a test or a try sends nothing to other servers; publish the graph for that');
        const isHeard = ['sent', 'failed'].some(port => component.outPorts.ports[port]!.isAttached());
        const kept = outbox().add(isHeard ? delivery : { ...delivery, packet: undefined });
        kept.then(() => output.done(), fail);
      } catch (error) {
        fail(error as Error);
      }
    },
  });
  const failure = ({ id }: AnyPacket, why: string) => refusal(String(id), 'fetch-failed', why);
  const send = (port: 'sent' | 'failed', packet: unknown) =>
    void component.outPorts.ports[port]!.sendIP(new IP('data', packet));
  component.setUp = async () => {
    if (isIsolated()) return;
    stop = outbox().listen(component.nodeId ?? 'webhook', {
      sent: (packet, status) => packet && send('sent', withField(packet, ['delivered'], status)),
      failed: (packet, why) => packet && send('failed', failure(packet, why)),
    });
  };
  component.tearDown = async () => stop();
  return component;
};
