import type { Machine } from '../machine.js';
import { table } from '../tables.js';
import type { As2Figures } from './main.js';
import { as2Verdicts } from './targets.js';

const MIB = 1024 * 1024;

const seconds = (number: number): string => number.toFixed(2);
const mebibytes = (kib: number): string => String(Math.round(kib / 1024));
const megabytes = (sizeBytes: number): string => String(Math.round(sizeBytes / 1e6));

/** The page of a run of the AS2 part, whole, as Markdown. */
export function as2Page(command: string, date: string, machine: Machine, figures: As2Figures): string {
  return [
    '# Benchmarks of AS2',
    `Made by \`${command}\` on ${date}. Every figure is of that run; the page is written anew by each run, so changes made here by hand are lost.`,
    targetsPart(figures),
    machinePart(machine),
    messagePart(figures),
    filePart(figures),
    loadPart(figures),
    nightPart(figures),
  ]
    .join('\n\n')
    .concat('\n');
}

function targetsPart(figures: As2Figures): string {
  const words = (isMet: boolean | null) => (isMet === null ? 'open' : isMet ? '**met**' : '**missed**');
  const rows = as2Verdicts(figures).map(({ target, measured, isMet }) => [target, measured, words(isMet)]);
  return `## Targets\n\n${table(['Target', 'Measured', ''], rows, 3)}`;
}

function machinePart({ cpu, cores, memoryBytes, system, node, openssl, load }: Machine): string {
  const memory = (memoryBytes / 1024 / MIB).toFixed(1);
  return [
    '## Machine',
    `${cpu}, ${cores} cores, ${memory} GiB of memory, ${system}, Node ${node}, ${openssl}. Load average before the run: ${load.toFixed(1)}. Times are wall time. Memory is the peak of resident memory (VmHWM) of a whole process, what Node takes included, where nothing else is said.`,
  ].join('\n\n');
}

function messagePart({ message }: As2Figures): string {
  const speed = message.opensslSeconds / message.buildSeconds;
  return [
    '## A large message',
    'A file of noise becomes a signed (SHA-256, RSA 2048) and encrypted (AES-256-CBC) message, without compression, each time in a process of its own, in turn with `openssl cms -sign -stream | openssl cms -encrypt -stream` on the same file; medians. Each message is decrypted by openssl, and opened by readmill: decrypted, verified, its MIC made, its content put down and compared.',
    table(
      ['MiB', 'Built', 'openssl', 'Speed over openssl', 'Opened', 'MiB to build', 'MiB to open'],
      [
        [
          String(message.sizeBytes / MIB),
          `${seconds(message.buildSeconds)} s`,
          `${seconds(message.opensslSeconds)} s`,
          `${speed.toFixed(2)} times`,
          `${seconds(message.openSeconds)} s`,
          mebibytes(message.buildKib),
          mebibytes(message.openKib),
        ],
      ],
      0,
    ),
  ].join('\n\n');
}

function filePart({ file }: As2Figures): string {
  const title = '## A large file from program to program';
  if (file === null) return `${title}\n\nNot measured: needs \`--large\`.`;
  return [
    title,
    '`readmill send` hashes, packages (compressed, signed, encrypted) and posts a file of noise; `readmill receive` decrypts, verifies, expands and puts it down, and answers with a signed receipt that proves it. Both run on the same two cores.',
    table(
      ['MiB', 'Seconds', 'MiB of the sender', 'MiB of the receiver'],
      [
        [
          String(file.sizeBytes / MIB),
          seconds(file.seconds),
          mebibytes(file.senderKib),
          mebibytes(file.receiverKib),
        ],
      ],
      0,
    ),
  ].join('\n\n');
}

function loadPart({ loads }: As2Figures): string {
  return [
    '## A receiver under load',
    `autocannon with 8 connections for ${Math.round(loads[0]?.seconds ?? 0)} s, on the same two cores: each message has a Message-ID of its own, is decrypted, verified, put down and booked, and answered with a signed receipt, which is looked at. Memory early and late is the receiver's own (RssAnon), medians of the second and of the last quarter of the time; the peak is of all (VmHWM), with what the system keeps in memory of the file of its books, which remembers 50,000 messages.`,
    table(
      [
        'KiB',
        'Messages a second',
        'Latency, median',
        'Latency, 99 %',
        'MiB, early',
        'MiB, late',
        'MiB, peak',
        'Errors',
      ],
      loads.map((load) => [
        String(load.payloadBytes / 1024),
        load.messagesPerSecond.toFixed(1),
        `${load.latencyMs.median} ms`,
        `${load.latencyMs.p99} ms`,
        mebibytes(load.earlyKib),
        mebibytes(load.lateKib),
        mebibytes(load.highestKib),
        String(load.errors),
      ]),
      0,
    ),
  ].join('\n\n');
}

function nightPart({ nights }: As2Figures): string {
  return [
    '## A night up to the spool',
    'One hourly day in CMEP v1.20 becomes batches and as many messages, which openssl decrypts. The floor is what no program that makes such messages can do without: two threads read the input, deflate it at level 1 of zlib, and put SHA-256 and AES-256-CBC over what comes out; nothing is checked, sorted, framed or written. Files lie in memory where the system has room there, and free memory is filled with the cache of a file before each run ([benchmarks](benchmarks.md) says why); medians of runs in turn.',
    table(
      [
        'Meters',
        'Input MB',
        'Batches',
        'Messages MB',
        'The floor',
        '`run --no-deliver`: up to the batches',
        'To the floor',
        '`run`: up to the spool',
        'To the floor',
      ],
      nights.map(nightRow),
      0,
    ),
  ].join('\n\n');
}

function nightRow(night: As2Figures['nights'][number]): string[] {
  const over = (number: number) => `${(number / night.floorSeconds).toFixed(2)} times`;
  return [
    night.meters.toLocaleString('en'),
    megabytes(night.inputBytes),
    String(night.batches),
    megabytes(night.spoolBytes),
    `${seconds(night.floorSeconds)} s`,
    `${seconds(night.batchesSeconds)} s`,
    over(night.batchesSeconds),
    `${seconds(night.spoolSeconds)} s`,
    over(night.spoolSeconds),
  ];
}
