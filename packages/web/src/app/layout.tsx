import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { isTheme, THEME_COOKIE } from "../lib/theme.ts";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "BrowserVM", template: "%s · BrowserVM" },
  description: "A real browser in its own virtual machine, live in this page.",
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f5f6f8" },
    { media: "(prefers-color-scheme: dark)", color: "#0c0f14" },
  ],
};

/** Reading the cookie also makes every page dynamic, which the nonce of its policy needs (see proxy.ts). */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = (await cookies()).get(THEME_COOKIE)?.value;
  return (
    <html lang="en" {...(isTheme(theme) ? { "data-theme": theme } : {})}>
      <body>
        <a className="skip-link" href="#main">
          Skip to content
        </a>
        {children}
      </body>
    </html>
  );
}
