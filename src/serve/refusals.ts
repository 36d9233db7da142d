/** An error with the HTTP status that it is answered with. */
function refusal(statusCode: number, message: string): Error & { statusCode: number } {
  return Object.assign(new Error(message), { statusCode });
}

export const badRequest = (message: string) => refusal(400, message);
export const notFound = (message: string) => refusal(404, message);
/** Too many ask at the same time. */
export const tooMuch = () => refusal(503, 'Too many requests at a time: ask again in a moment.');
