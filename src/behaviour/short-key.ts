import { createHash } from 'node:crypto';
import { MAX_KEY_LENGTH } from '../model/limits.ts';

/** A key, or its hash where it is longer than a key may be. */
export const shortKey = (key: string): string =>
  key.length <= MAX_KEY_LENGTH ? key : createHash('sha256').update(key).digest('base64url');
