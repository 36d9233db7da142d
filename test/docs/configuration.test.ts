import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema, readConfig } from '../../src/pipeline/config/config.js';
import { REGISTER_COLUMNS } from '../../src/store/register/register-fields.js';
import { codeBlocks, namedRows, sectionOf, textOf } from './project-files.js';

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
}

/** Keys of a schema's objects, by the path of the object; lists and free names add nothing to the path. */
function keysByObject(schema: JsonSchema, path = '', keys = new Map<string, string[]>()) {
  if (schema.properties) keys.set(path, [...(keys.get(path) ?? []), ...Object.keys(schema.properties)]);
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    keysByObject(inner, path === '' ? key : `${path}.${key}`, keys);
  }
  if (schema.items) keysByObject(schema.items, path, keys);
  if (typeof schema.additionalProperties === 'object') keysByObject(schema.additionalProperties, path, keys);
  return keys;
}

const rowsUnder = (heading: string) => namedRows(sectionOf(textOf('docs/configuration.md'), heading));
const keysUnder = (heading: string) => rowsUnder(heading).map(([key]) => key);

const schema = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
const objects = keysByObject(schema);

/** Sections whose keys stand in the table of the section above them. */
const SPELT_OUT = new Set(['watch.retention', 'notices.webhook', 'serve.tls']);

describe('docs/configuration.md', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'readmill-docs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['', '## Top level'],
    ['sources', '## sources'],
    ['vee', '## vee'],
    ['output', '## output'],
    ['partners', '## partners'],
    ['receiver', '## receiver'],
    ['watch', '## watch'],
    ['hosts', '## hosts'],
    ['notices', '## notices'],
    ['serve', '## serve'],
  ])('describes the keys of "%s", and no others', (object, heading) => {
    // A section of a section stands by its full name, or by those of its keys.
    const keys = objects.get(object)!.flatMap((key) => {
      const below = objects.get(`${object}.${key}`);
      return below === undefined || !SPELT_OUT.has(`${object}.${key}`)
        ? [key]
        : below.map((one) => `${key}.${one}`);
    });
    expect(keysUnder(heading).sort()).toEqual(keys.sort());
  });

  it('describes the parameters of a policy and their actions, and no others', () => {
    const actions = objects.get('vee.policies.actions')!.map((action) => `actions.${action}`);
    const parameters = objects.get('vee.policies')!.filter((key) => key !== 'actions');
    expect(keysUnder('### policies').sort()).toEqual([...parameters, ...actions].sort());
  });

  it('describes the columns of the meter register', () => {
    expect(keysUnder('## The meter register')).toEqual([...REGISTER_COLUMNS]);
  });

  it.each(['docs/configuration.md', 'README.md'])('%s has examples that the schema accepts', (page) => {
    const examples = codeBlocks(textOf(page), 'json');
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const path = join(folder, 'night.json');
      writeFileSync(path, example);
      expect(readConfig(path).sources.length).toBeGreaterThan(0);
    }
  });

  it('gives the defaults of the schema', () => {
    const output = { directory: 'o', sender: 'A', receiver: 'B' };
    const whole = configSchema.parse({ state: 's', sources: [{ name: 'n', inbox: 'i' }], output });
    const defaults = (heading: string) =>
      rowsUnder(heading).flatMap(([key, text]): [string, unknown][] => {
        const code = /^`([^`]+)`$/.exec(text!)?.[1];
        return code === undefined ? [] : [[key, JSON.parse(code)]];
      });
    for (const [heading, values] of [
      ['## sources', whole.sources[0]!],
      ['## output', whole.output],
      ['## watch', whole.watch],
      ['## notices', whole.notices],
    ] as const) {
      const given = defaults(heading);
      expect(given.length).toBeGreaterThan(2);
      for (const [key, value] of given)
        expect([key, value]).toEqual([key, (values as Record<string, unknown>)[key]]);
    }
  });
});
