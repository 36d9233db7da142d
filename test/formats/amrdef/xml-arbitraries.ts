import fc from 'fast-check';

const names = fc.constantFrom(
  'AMRDEF',
  'Meter',
  'Reading',
  'a',
  'b',
  'ab',
  'x',
  'a.b',
  'a-1',
  '_x',
  'ns:a',
  'Zähler',
  '𐐀',
);
const space = fc.constantFrom(' ', '\n', '\t', '\r\n', '\r', '  ', ' \n\t');
const maybeSpace = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, space);
const reference = fc.constantFrom(
  '&amp;',
  '&lt;',
  '&gt;',
  '&quot;',
  '&apos;',
  '&#65;',
  '&#x41;',
  '&#x9;',
  '&#10;',
  '&#x10FFFF;',
);
const plain = fc.constantFrom(
  '1',
  '2.345',
  '2011-03-25 09:30:00',
  '',
  'é',
  '漢',
  '😀',
  '>',
  ']]>',
  '-',
  'a b',
  '\t',
  '\n',
  '\r\n',
  '\u007f',
);
const valueParts = fc.array(fc.oneof({ weight: 4, arbitrary: plain }, reference), { maxLength: 3 });
const value = fc.oneof(
  valueParts.map((parts) => `"${parts.join('')}'"`),
  valueParts.map((parts) => `'${parts.join('')}"'`),
  valueParts.map((parts) => `"${parts.join('')}"`),
);
const attribute = fc
  .tuple(space, names, maybeSpace, maybeSpace, value)
  .map(([before, name, a, b, text]) => `${before}${name}${a}=${b}${text}`);
/** Mostly different names, so that most documents are well formed. */
const attributes = fc
  .uniqueArray(attribute, { maxLength: 4, selector: (text) => /[^\s=]+/.exec(text)![0] })
  .map((list) => list.join(''));

const comment = fc.constantFrom(
  '<!-- a -->',
  '<!---->',
  '<!-- <Meter a="1"> & -->',
  '<!-- é\n -->',
  '<!--->-->',
);
const instruction = fc.constantFrom('<?go?>', '<?go on <a> ?>', '<?go ??>', '<?xml-style a="b"?>');
const between = fc.oneof(
  { weight: 6, arbitrary: maybeSpace },
  { weight: 1, arbitrary: comment },
  { weight: 1, arbitrary: instruction },
);
const content = fc.oneof(
  { weight: 5, arbitrary: between },
  plain.map((text) => text.replaceAll(']]>', ']]')),
  reference,
);

const element: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(names, attributes, maybeSpace).map(([name, attrs, blank]) => `<${name}${attrs}${blank}/>`),
    fc
      .tuple(
        names,
        attributes,
        maybeSpace,
        fc.array(fc.oneof(content, tie('node')), { maxLength: 4 }),
        maybeSpace,
      )
      .map(
        ([name, attrs, blank, children, last]) =>
          `<${name}${attrs}${blank}>${children.join('')}</${name}${last}>`,
      ),
  ),
})).node;

const declaration = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  fc.constantFrom(
    '<?xml version="1.0"?>',
    '<?xml  version="1.0"?>',
    "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>",
    '<?xml version="1.0" encoding = "utf-8"?>',
    '\ufeff<?xml version="1.0"?>',
    '\ufeff',
    '<?xml?>',
    '<?xml version="2.0"?>',
    '<?xml encoding="UTF-8"?>',
    '<?xml version="1.0" standalone="yes" encoding="UTF-8"?>',
    ' <?xml version="1.0"?>',
    '<?XML version="1.0"?>',
  ),
);

/** A document that is well formed, but for the declaration now and then. */
export const document: fc.Arbitrary<string> = fc
  .tuple(declaration, between, element, between)
  .map((parts) => parts.join(''));

/** What is put into a document, or in place of a part of it. */
const shard = fc.constantFrom(
  ...[
    '<',
    '>',
    '/',
    '&',
    ';',
    '"',
    "'",
    '=',
    ' ',
    '\n',
    '\0',
    '\u0001',
    '\ufffe',
    '\u{1ffff}',
    '-',
    '--',
    '?',
    ']]>',
    'é',
    '😀',
  ],
  ...[
    '<a',
    '</a>',
    '<a>',
    '<a/>',
    '<!--',
    '-->',
    '<?go',
    '?>',
    '<?xml version="1.0"?>',
    '&amp',
    '&nope;',
    '&#0;',
    '&#xD800;',
    '&#;',
    '&#x;',
  ],
  ...[
    '<![CDATA[',
    ']]>',
    '<!DOCTYPE a>',
    '<!ENTITY x "y">',
    '<!',
    'a="1" a="2"',
    ' x="1"x="2"',
    '\ufeff',
    '·',
    '1a="2"',
    '< a>',
    '</ a>',
    '<a / >',
  ],
);

export type Mutation = (bytes: Uint8Array) => Uint8Array;

const place = fc.nat({ max: 1_000_000 });
/** Changes of one place: insert, cut out, overwrite by a byte, copy a part elsewhere. */
export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, shard).map(
    ([at, text]): Mutation =>
      (bytes) =>
        spliced(bytes, at, 0, Buffer.from(text)),
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 6 })).map(
    ([at, count]): Mutation =>
      (bytes) =>
        spliced(bytes, at, count, new Uint8Array(0)),
  ),
  fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(
    ([at, byte]): Mutation =>
      (bytes) =>
        spliced(bytes, at, 1, Uint8Array.of(byte)),
  ),
  fc.tuple(place, place, fc.integer({ min: 1, max: 12 })).map(
    ([at, from, count]): Mutation =>
      (bytes) => {
        const first = bytes.length === 0 ? 0 : from % bytes.length;
        return spliced(bytes, at, 0, bytes.slice(first, first + count));
      },
  ),
);

function spliced(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const from = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(from + removed)]);
}

const REPEATED = ['Meter', 'Reading', 'AMRDEF'];
const REPEATED_ATTRIBUTES = ['Value', 'TimeStamp', 'a', 'b', 'x'];
/** Values that a tag mostly has again, and some that differ or are read otherwise. */
const mostlySame = fc.oneof(
  { weight: 12, arbitrary: fc.constant('2011-03-25 09:30:00') },
  { weight: 3, arbitrary: fc.constant('Smith &amp; Sons') },
  fc.constantFrom('1', '', 'é', "'", '2011-03-25 09:30:01', '2011-03-25 09:30', '\n', '&#65;', '&no', '<'),
);
const oftenOther = fc.oneof(
  fc.integer({ min: 0, max: 99_999 }).map(String),
  fc.constantFrom('', '&lt;1', '0.5'),
);

/** A document of a few forms of tags, each of which comes many times with the same values or others. */
export const repetitiveDocument: fc.Arbitrary<string> = fc
  .array(
    fc.record({
      name: fc.constantFrom(...REPEATED),
      changing: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      count: fc.integer({ min: 0, max: 5 }),
    }),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .chain((forms) => {
    const tag = fc.nat(forms.length - 1).chain((k) => {
      const { name, changing, count } = forms[k]!;
      const values = changing.slice(0, count).map((isChanging) => (isChanging ? oftenOther : mostlySame));
      return fc.tuple(...values).map((texts) => {
        const attributes = texts.map((text, i) => ` ${REPEATED_ATTRIBUTES[i]}="${text}"`).join('');
        return `<${name}${attributes} />`;
      });
    });
    return fc.array(tag, { minLength: 10, maxLength: 60 });
  })
  .map((tags) => `<a>\n${tags.join('\n\t')}</a>`);
