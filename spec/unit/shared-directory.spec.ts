import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type DirectoryRecord, recordOf } from '../../src/model/directory.ts';
import { type RecordStore, SharedDirectory } from '../../src/store/directory.ts';

describe('SharedDirectory', () => {
  it('tells all records of a change, though a notice of it comes before the answer of the store', async () => {
    let written: readonly DirectoryRecord[] = [];
    let place = 0;
    let refreshed: Promise<void> | undefined;
    const store: RecordStore = {
      records: async after => ({ records: after < place ? written : [], at: place }),
      async record(records) {
        written = records;
        place++;
        refreshed = directory.refresh();
        await turn();
        return place;
      },
    };
    const directory = await SharedDirectory.load(store);
    const told: unknown[] = [];
    directory.follow(records => told.push(...records.map(({ value }) => value && 'name' in value && value.name)));
    const ann = (name: string) => recordOf.person({ id: 'p1', kind: 'person', name, role: 'member', made: 1 });
    await directory.change(() => ({ records: [ann('Ann'), ann('Anna')], result: undefined }));
    await refreshed;
    expect(told).toEqual(['Ann', 'Anna']);
  });
});
