import { createHash } from 'node:crypto';
import { MAX_KEY_LENGTH } from '../model/limits.ts';

/** A key, hashed if it exceeds the limit of a key's length. */
export const shortKey = (key: string): string =>
  key.length <= MAX_KEY_LENGTH ? key : createHash('sha256').update(key).digest('base64url');
