import { Component } from 'noflo';
import { awaitedId, withField } from '../src/behaviour/fields.ts';
import { secretName, secretNamed } from '../src/behaviour/secrets.ts';
import { settingsReader } from '../src/behaviour/settings.ts';
import { SCHEMES, type Scheme, unsigned, verifiedBy } from '../src/behaviour/signature.ts';
import { refusal } from '../src/model/codes.ts';
import type { Question } from '../src/model/packets.ts';
import { setting } from '../src/model/port-options.ts';
import { MAX_HOPS, TOO_MANY_HOPS } from '../src/model/who.ts';

/** Passes incoming webhooks whose sender is verified. */
export const getComponent = () => {
  const secretAt = (value: unknown) => secretName('SECRET', value);
  const settings = {
    secret: setting({
      datatype: 'string',
      title: 'Secret',
      secret: true,
      required: true,
      description: 'The name of the secret that the sender has as well',
      check: secretAt,
    }),
    scheme: setting({
      datatype: 'string',
      title: 'Signed as by',
      default: 'standard',
      values: [...SCHEMES],
      description:
        'Standard is Standard Webhooks, github and slack are theirs, token is the secret itself in X-Gitlab-Token, X-Webhook-Token, Authorization or a path such as /hooks/TOKEN',
    }),
  };
  const read = settingsReader(settings, ({ secret, scheme }) => ({
    secret: secretAt(secret),
    scheme: scheme as Scheme,
  }));
  return new Component({
    description: 'Lets webhooks of others pass that are signed by a secret',
    icon: 'shield',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/question', required: true, description: 'Question, such as of a Route' },
      ...settings,
    },
    outPorts: {
      out: {
        datatype: 'object',
        schema: 'chat/question',
        description: 'Question by who has the secret; without its signature, and with verified in place of it',
      },
      refused: {
        datatype: 'object',
        schema: 'chat/refusal',
        description:
          'Refusal 401: it is not signed, not by this secret, or at another time; 508: bots go on answering bots',
      },
    },
    process(input, output) {
      const settings = read(input);
      if (!settings) return;
      if (!input.hasData('in')) return output.done();
      const question: Question = input.getData('in');
      const { secret, scheme } = settings;
      const { signed } = question;
      const verified = signed
        ? verifiedBy(scheme, signed, secretNamed('SECRET', secret), Date.now())
        : unsigned(scheme);
      if (typeof verified === 'string')
        return output.sendDone({ refused: refusal(awaitedId(question), 'signature-invalid', verified) });
      if (verified.hops >= MAX_HOPS)
        return output.sendDone({ refused: refusal(awaitedId(question), 'bots-loop', TOO_MANY_HOPS) });
      const known = withField(question, ['signed'], undefined);
      output.sendDone({ out: withField(known, ['verified'], Object.freeze(verified)) });
    },
  });
};
