import { mount } from 'svelte';
import Conversation from './Conversation.svelte';

const target = document.querySelector('#root');
if (target) mount(Conversation, { target });
