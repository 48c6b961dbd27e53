import { connect, type Socket } from "node:net";
import { BrowserVmError } from "@browservm/contract";

export interface TcpTarget {
  readonly ip: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** The other side may end its half and still listen. */
  readonly allowHalfOpen?: boolean;
}

/** What a TCP connection attempt tells: refused means that the network works and the service is down. */
export type TcpFailure = "refused" | "unreachable" | "timeout";

/** A connected socket, or a BrowserVmError (STREAM_REFUSED) whose `details.answer` is a TcpFailure. */
export function connectTcp({
  ip,
  port,
  timeoutMs,
  signal,
  allowHalfOpen = false,
}: TcpTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port, noDelay: true, allowHalfOpen, ...(signal ? { signal } : {}) });
    const fail = (answer: TcpFailure, errno?: string) => {
      socket.destroy();
      reject(
        new BrowserVmError("STREAM_REFUSED", `${ip}:${port}: ${answer}${errno ? ` (${errno})` : ""}`, {
          answer,
          errno,
        }),
      );
    };
    const timer = setTimeout(() => fail("timeout"), timeoutMs);
    socket.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(classify(error.code), error.code);
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

function classify(errno: string | undefined): TcpFailure {
  if (errno === "ECONNREFUSED") return "refused";
  return errno === "ETIMEDOUT" || errno === "ABORT_ERR" ? "timeout" : "unreachable";
}

/** The failure that a connectTcp error carries, if it is one. */
export function tcpFailureOf(error: unknown): TcpFailure | undefined {
  if (!(error instanceof BrowserVmError) || error.code !== "STREAM_REFUSED") return undefined;
  const { answer } = error.details;
  return answer === "refused" || answer === "unreachable" || answer === "timeout" ? answer : undefined;
}
