import { closeSync, openSync, writeSync } from 'node:fs';

const PIECE_CHARACTERS = 1 << 18;

/** A text file that is made when the first line comes, and written in large pieces. */
export class ListWriter {
  private fd = -1;
  private pending = '';

  constructor(private readonly filePath: string) {}

  line(text: string): void {
    this.pending += text;
    this.pending += '\n';
    if (this.pending.length >= PIECE_CHARACTERS) this.flush();
  }

  private flush(): void {
    if (this.fd < 0) this.fd = openSync(this.filePath, 'w', 0o600);
    const bytes = Buffer.from(this.pending, 'latin1');
    let written = 0;
    while (written < bytes.length) written += writeSync(this.fd, bytes, written);
    this.pending = '';
  }

  /** @returns the path, or '' where no line came */
  close(): string {
    if (this.pending !== '') this.flush();
    if (this.fd < 0) return '';
    closeSync(this.fd);
    this.fd = -1;
    return this.filePath;
  }
}

/** A field of a CSV line: quoted where it must be. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
