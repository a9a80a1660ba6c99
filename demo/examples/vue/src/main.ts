import { createApp } from 'vue';
import Conversation from './Conversation.vue';

createApp(Conversation).mount('#root');
