import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Composer } from './composer/composer.tsx';
import { Frame } from './frame/frame.tsx';
import { match } from './match.ts';
import { me } from './net/session.ts';
import { HomePage } from './pages/home.tsx';
import { NotFoundPage } from './pages/not-found.tsx';
import { PostPage } from './pages/post.tsx';
import { WelcomePage } from './pages/welcome.tsx';
import { go, path, place } from './router.ts';
import { PostSkeletons } from './timeline/feed-list.tsx';
import { lazy } from './ui/lazy.tsx';
import { PageHeader } from './ui/page-header.tsx';

const SignUpPage = lazy(() => import('./pages/sign-up.tsx'));
const SignInPage = lazy(() => import('./pages/sign-in.tsx'));
const ProfilePage = lazy(() => import('./pages/profile.tsx'));
const LiveTabPage = lazy(() => import('./pages/live-tab.tsx'));
const SettingsPage = lazy(() => import('./pages/settings.tsx'));
const GoLivePage = lazy(() => import('./pages/go-live.tsx'));

type Params = Readonly<Record<string, string>>;

/** Every address of the app and the page that stands there. */
const pages: readonly (readonly [pattern: string, page: (params: Params) => ComponentChildren])[] = [
  ['/', () => <Start />],
  ['/p/:postId', ({ postId = '' }) => <PostPage key={postId} postId={postId} />],
  ['/live', () => <LiveTabPage />],
  ['/go-live', () => <SignedIn>{() => <GoLivePage />}</SignedIn>],
  ['/@:handle', ({ handle = '' }) => <ProfilePage key={handle} handle={handle} />],
  ['/settings', () => <SignedIn>{() => <SettingsPage />}</SignedIn>],
  ['/sign-up', () => <SignUpPage />],
  ['/sign-in', () => <SignInPage />],
];

export function App() {
  const { key, returning } = place.value;
  useEffect(() => {
    if (!returning) announcePage();
  }, [key]);
  return (
    <Frame>
      {pageAt(path.value)}
      <Composer />
    </Frame>
  );
}

function pageAt(path: string): ComponentChildren {
  for (const [pattern, page] of pages) {
    const params = match(pattern, path);
    if (params) return page(params);
  }
  return <NotFoundPage />;
}

/** Puts the focus on the new page's heading, so that a screen reader says where one is. */
function announcePage(): void {
  const target =
    document.querySelector<HTMLElement>('main h1') ?? document.querySelector<HTMLElement>('main');
  target?.focus({ preventScroll: true });
}

function Start() {
  if (me.value === undefined) {
    return (
      <>
        <PageHeader title="Skylark" branded />
        <PostSkeletons />
      </>
    );
  }
  return me.value ? <HomePage /> : <WelcomePage />;
}

/** A page for somebody who is signed in; others are asked to sign in and come back after. */
function SignedIn({ children }: { readonly children: () => ComponentChildren }) {
  const nobody = me.value === null;
  useEffect(() => {
    if (nobody) go('/sign-in', { replace: true });
  }, [nobody]);
  return me.value ? children() : null;
}
