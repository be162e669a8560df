import { House, LogIn, Plus, Radio, SquarePen } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { compose } from '../composer/composer-state.ts';
import { me } from '../net/session.ts';
import { path } from '../router.ts';
import { showWaiting, waiting } from '../timeline/home.ts';
import { liveAuthors } from '../timeline/live-authors.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Wordmark } from '../ui/wordmark.tsx';
import './navigation.css';

/** From 700 px: a rail at the side, with words. */
export function Rail() {
  useComposeKey();
  return (
    <nav class="rail" aria-label="Skylark">
      <a href="/" class="rail-mark" aria-label="Skylark, home">
        <Wordmark />
      </a>
      <HomeItem />
      <LiveItem />
      <MeItem />
      {me.value ? (
        <Button kind="primary" class="rail-compose" onClick={() => compose()}>
          <SquarePen size={20} />
          Post
        </Button>
      ) : null}
    </nav>
  );
}

/** Below 700 px: a bar at the foot, within the thumb's reach. */
export function BottomBar() {
  return (
    <nav class="bar" aria-label="Skylark">
      <HomeItem />
      <LiveItem />
      {me.value ? (
        <button type="button" class="nav-item" onClick={() => compose()} aria-label="New post">
          <span class="bar-plus">
            <Plus size={24} />
          </span>
        </button>
      ) : null}
      <MeItem />
    </nav>
  );
}

function HomeItem() {
  return (
    <NavItem href="/" label="Home" onClick={() => path.peek() === '/' && showWaiting()}>
      <House size={24} />
      {waiting.value.length > 0 && path.value !== '/' ? <span class="nav-dot" aria-hidden="true" /> : null}
    </NavItem>
  );
}

function LiveItem() {
  return (
    <NavItem href="/live" label="Live">
      <Radio size={24} />
    </NavItem>
  );
}

function MeItem() {
  const account = me.value;
  if (account === undefined) return <span class="nav-item" />;
  if (account === null) {
    return (
      <NavItem href="/sign-in" label="Sign in">
        <LogIn size={24} />
      </NavItem>
    );
  }
  return (
    <NavItem href={`/@${account.handle}`} label="Me">
      <Avatar account={account} size={24} live={liveAuthors.value.has(account.id)} />
    </NavItem>
  );
}

interface NavItemProps {
  readonly href: string;
  readonly label: string;
  readonly onClick?: () => void;
  readonly children: ComponentChildren;
}

function NavItem({ href, label, onClick, children }: NavItemProps) {
  return (
    <a class="nav-item" href={href} aria-current={path.value === href ? 'page' : undefined} onClick={onClick}>
      <span class="nav-icon">{children}</span>
      <span>{label}</span>
    </a>
  );
}

/** The key n opens the composer, unless somebody is writing. */
function useComposeKey(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== 'n' || event.metaKey || event.ctrlKey || event.altKey || !me.peek()) return;
      if (event.target instanceof Element && event.target.closest('input, textarea, dialog')) return;
      event.preventDefault();
      compose();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}
