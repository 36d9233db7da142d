import { connect, type Socket } from 'node:net';

/**
 * Opens connections to a port of this host, and asks something on each while all the others are open.
 * @returns how many were answered; the others were closed
 */
export async function answeredConnections(port: number, count: number): Promise<number> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    sockets.push(socket);
  }
  const answers = sockets.map(async (socket) => {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    return new Promise<boolean>((resolve) => {
      socket.once('data', () => resolve(true)).once('close', () => resolve(false));
      if (socket.destroyed) resolve(false);
    });
  });
  const answered = (await Promise.all(answers)).filter(Boolean).length;
  for (const socket of sockets) socket.destroy();
  return answered;
}
